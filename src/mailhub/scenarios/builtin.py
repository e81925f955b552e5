"""The scenarios that every hub knows. Plugins and administrators add more (behaviour.md 1.2 and Part 0)."""

from mailhub.contract.scenario import ScenarioSpec
from mailhub.contract.texts import _

DEFAULT_SCENARIO = "default"
"""Reserved: its account is the default account, for every scenario without an account of its own (SC1 to SC3)."""

BUILTIN_SCENARIOS = (
    ScenarioSpec(DEFAULT_SCENARIO, _("Default")),
    ScenarioSpec("invite-external-accountant", _("Invite external accountant")),
    ScenarioSpec("notification", _("Notification")),
    ScenarioSpec("approval-request", _("Approval request")),
    ScenarioSpec("project-planning-line-calendar", _("Project planning line calendar")),
    ScenarioSpec("interaction-template", _("Interaction template")),
    ScenarioSpec("sales-quote", _("Sales quote")),
    ScenarioSpec("sales-order", _("Sales order")),
    ScenarioSpec("sales-invoice", _("Sales invoice")),
    ScenarioSpec("sales-credit-memo", _("Sales credit memo")),
    ScenarioSpec("purchase-quote", _("Purchase quote")),
    ScenarioSpec("purchase-order", _("Purchase order")),
    ScenarioSpec("reminder", _("Reminder")),
    ScenarioSpec("finance-charge", _("Finance charge")),
    ScenarioSpec("service-quote", _("Service quote")),
    ScenarioSpec("service-order", _("Service order")),
    ScenarioSpec("service-invoice", _("Service invoice")),
    ScenarioSpec("service-credit-memo", _("Service credit memo")),
    ScenarioSpec("posted-vendor-remittance", _("Posted vendor remittance")),
    ScenarioSpec("customer-statement", _("Customer statement")),
    ScenarioSpec("vendor-remittance", _("Vendor remittance")),
    ScenarioSpec("email-printer", _("E-mail printer")),
    ScenarioSpec("financial-report", _("Financial report")),
    ScenarioSpec("warehouse-shipment", _("Warehouse shipment")),
    ScenarioSpec("warehouse-receipt", _("Warehouse receipt")),
    ScenarioSpec("transfer-order", _("Transfer order")),
    ScenarioSpec("production-order", _("Production order")),
)
