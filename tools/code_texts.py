"""What each error code means and what to do about it: the words of docs/reference/errors.md.

Every code of the source stands in one of these lists, or ``tests/architecture/test_docs.py`` fails.
"""

from collections.abc import Mapping

API: Mapping[str, tuple[str, str]] = {
    # the shell
    "json.malformed": ("The body is not JSON, or not UTF-8.", "Correct the body."),
    "json.duplicate_key": ("An object of the body has a key twice.", "Give each key once."),
    "json.too_deep": ("The body is nested too deeply.", "Send a flatter body."),
    "request.bad": (
        "Address, query or headers cannot be understood, or a query parameter is given twice.",
        "Correct the call.",
    ),
    "authentication.required": (
        "No token, or one that is wrong, expired, revoked, or used from a network it is not bound to; or its user is not active.",
        "Send `Authorization: Bearer <token>` with a token that is good.",
    ),
    "permission.denied": (
        "The caller is known and may not do this: a permission, a scope, or what the token is bound to is missing.",
        "Use another token, or ask an administrator; see [permissions](permissions.md).",
    ),
    "not_found": ("There is nothing at this address.", "Compare it with the [API](api.md)."),
    "request.method_not_allowed": (
        "The address does not know this method.",
        "Use one that `Allow` names.",
    ),
    "request.not_acceptable": (
        "The answer is JSON, which the `Accept` header does not allow.",
        "Accept `application/json`.",
    ),
    "wrong_state": ("Not possible in the state that the thing is in.", "Read it again."),
    "revision.stale": (
        "Somebody has changed the object since its revision was read.",
        "Read it, apply the change again, send the new revision.",
    ),
    "idempotency.mismatch": (
        "The `Idempotency-Key` was used in the last 24 hours for a call with another body.",
        "Use a new key for a new request.",
    ),
    "idempotency.invalid_key": (
        "The `Idempotency-Key` is empty, longer than 255 characters, or not visible ASCII.",
        "Use a random key such as a UUID.",
    ),
    "idempotency.not_replayable": (
        "The call was done before under this key, but its answer held a secret, which is shown once.",
        "List what was made; if the secret is lost, delete it and make another under a new key.",
    ),
    "revision.missing": (
        "The call changes an object and does not say which revision its caller has seen.",
        "Send the object's `revision` in `If-Match`.",
    ),
    "request.too_large": (
        "The JSON body is larger than `mailhub.http.max_json_bytes`.",
        "Send big files by `POST /uploads` and name their ids.",
    ),
    "request.unsupported_media_type": (
        "The body is not announced as JSON.",
        "Send `Content-Type: application/json`.",
    ),
    "cursor.invalid": (
        "The cursor was made by another list, with other filters, or is garbled.",
        "Begin without a cursor, and keep the filters from page to page.",
    ),
    "schema.invalid": ("A value is not allowed here.", "Correct the field that `pointer` names."),
    "schema.unknown_field": ("A field has no meaning here.", "Leave it out, or correct its name."),
    "schema.wrong_type": (
        "A value has the wrong JSON type; nothing is converted.",
        "Send the type that the OpenAPI document says.",
    ),
    "schema.required": ("A field is missing.", "Give it."),
    "settings.not_applicable": (
        "A value is given that the other choices leave no room for, such as a password with `anonymous`.",
        "Leave it out, or change the other choice.",
    ),
    "settings.not_yet": (
        "A connector knows this choice and cannot do it in this version.",
        "Make another choice.",
    ),
    "settings.only_in_sandbox": (
        "These settings are for a hub whose `mailhub.environment` is `sandbox`.",
        "Use safer settings, or a sandbox.",
    ),
    "rate_limited": (
        "Too many calls at a time, in a minute (`mailhub.http.calls_per_minute`), or with wrong passwords.",
        "Call again after `Retry-After` seconds.",
    ),
    "internal.error": (
        "A fault of the hub.",
        "Look up `incident` in the hub's log. Whether anything was done is not known: read before trying again.",
    ),
    "storage.unavailable": (
        "The database cannot be used now, or others changed the same at the same time. Nothing was done.",
        "Call again after `Retry-After` seconds.",
    ),
    "storage.outcome_unknown": (
        "The database failed while it stored this. It may have been done.",
        "Look whether it was done before calling again.",
    ),
    # health
    "hub.not_ready": (
        "This process cannot do its work; `errors` has the reasons, which are the next codes.",
        "Send no work here until it is ready again.",
    ),
    "database.unreachable": ("The database cannot be read.", "See to the disk; the log has more."),
    "writer.stopped": ("The writer thread does not run, so nothing can be stored.", "Restart the hub."),
    "writer.failing": ("Commits fail.", "See to the disk (full, read-only); the log has the reason."),
    "writer.stuck": ("The writer has been in one batch of commits for too long.", "See to the disk."),
    "delivery.stopped": ("The delivery worker does not run, so nothing is sent.", "Restart the hub."),
    "delivery.no_lease": (
        "The worker's lease has run out, so it may not send.",
        "It joins again by itself; if it does not, see to the database.",
    ),
    "journal.not_writable": (
        "The attempt journal cannot be written, without which nothing is sent.",
        "See to the folder `journal` in the data folder.",
    ),
    "health.no_answer": ("A check did not answer in time.", "Look at the log."),
    "health.check_failed": ("A check raised an error.", "Look at the log."),
    # people
    "user.not_found": ("There is no such user.", "List the users."),
    "user.login_taken": ("Another user has this login.", "Choose another."),
    "user.last_administrator": (
        "Without this user nobody could manage users any more.",
        "Give another active user `email-admin` first.",
    ),
    "password.too_weak": ("The password is too short, too long, or easy to guess.", "Choose another."),
    "password.wrong": (
        "The old password is not the caller's.",
        "Send the right one; an administrator can give a new one.",
    ),
    "group.not_found": ("There is no such group.", "List the groups."),
    "group.name_taken": ("Another group has this name; case does not count.", "Choose another."),
    "session.not_found": ("There is no such session, or it is somebody else's.", "List the sessions."),
    "token.no_on_behalf": (
        "The message names a user in `on_behalf_of`, and the token has not the scope `messages:on-behalf`.",
        "Use a token that an administrator made with this scope, or name nobody.",
    ),
    "token.not_found": ("There is no such token, or it is somebody else's.", "List the tokens."),
    # company
    "company.no_logo": ("The company has no logo.", "Upload one and name it in `PUT /company`."),
    "company.logo_unusable": ("The logo is no PNG or JPEG picture, or has more than 1 MB.", "Use another."),
    # maintenance
    "maintenance.running": (
        "Packing, a check, a new key, an export or an import is running; there is one at a time.",
        "Wait for it to end.",
    ),
    "maintenance.findings": (
        "The check has found things that are wrong.",
        "Read its findings; see [how to maintain a hub](../how-to/maintain.md).",
    ),
    "maintenance.key_in_setting": (
        "The secret key stands in a setting, which only its owner can change.",
        "Put a new key before it, start the hub again, then run `mailhub rotate-key`.",
    ),
    "maintenance.key_in_use": (
        "Secrets were still being stored by the old key while it was replaced; it was kept.",
        "Run `mailhub rotate-key` again.",
    ),
    "configuration.wrong_passphrase": (
        "The secrets in the file do not open by this passphrase, or the file was changed.",
        "Give the passphrase that the file was written with.",
    ),
    # accounts
    "account.not_found": (
        "There is no such account, or the token may not use it.",
        "List the accounts.",
    ),
    "account.has_waiting_mail": (
        "The account cannot be deleted while mail waits in it or is being sent.",
        "Say what becomes of it: `?waiting=cancel`, or `?waiting=move&to=<id>`.",
    ),
    "account.closing": ("The account is being deleted, or no longer is.", "Read the account again."),
    "account.connector_missing": (
        "The plugin of the account's connector is not installed or failed to load. Its mail waits.",
        "Install it and restart the hub; `GET /plugins` says what failed.",
    ),
    "account.unusable": (
        "The connector can make nothing of the account's settings.",
        "Correct the settings; `GET /plugins` shows faults of the connector.",
    ),
    "account.none_for_scenario": (
        "The scenario has no account, and no account is the default.",
        "Assign one, or make one the default.",
    ),
    "account.rate_limited": (
        "A test mail would be more than the account may send in this minute.",
        "Try again after `Retry-After` seconds.",
    ),
    "connector.not_found": ("No plugin brings this connector.", "List the connectors."),
    "connector.failed": (
        "The connector raised an error over these settings.",
        "Report it to the plugin's author; `GET /plugins` shows it.",
    ),
    "secret.needed_again": (
        "A stored secret was given for another server or user, so it is not used here.",
        "Send the secret with the settings.",
    ),
    "sender.not_allowed": (
        "The account does not allow this sender, or does not serve this kind of user.",
        "Switch on `allow_sender_override` and add the address to `allowed_senders`, or use another sender.",
    ),
    "sender.no_contact_email": (
        "The account sends in the name of its user, who has no contact e-mail.",
        "An administrator gives the user one.",
    ),
    "check.not_found": ("There is no such check, it is over for long, or somebody else's.", "Begin another."),
    # scenarios
    "scenario.not_found": ("There is no such scenario.", "List the scenarios."),
    "scenario.exists": ("There is a scenario with this id.", "Choose another id."),
    "scenario.built_in": ("The scenario comes from a plugin and cannot be deleted.", "Leave it."),
    "scenario.default": (
        "The scenario `default` has the default account; it cannot be assigned to one.",
        "Make another account the default.",
    ),
    "attachment.not_found": ("There is no attachment of this number or id.", "Read the message or scenario."),
    # messages
    "message.not_found": ("There is no such message, or the caller may not see it.", "List the messages."),
    "message.wrong_state": (
        "The message is in a state in which this cannot be done.",
        "Read its `status`.",
    ),
    "message.expired": (
        "The time in `expires_at` is over, or would be before the message can leave.",
        "Send it anew with a later time.",
    ),
    "address.invalid": (
        "Not an address that mail can be sent to, more than one, or one that a plugin refuses.",
        "Correct the field that `pointer` names.",
    ),
    "recipients.none": ("The message has no recipient.", "Name one in `to`, `cc` or `bcc`."),
    "recipients.too_many": (
        "More recipients than `mailhub.message.max_recipients`.",
        "Send several messages.",
    ),
    "header.invalid": (
        "Subject, a header, a file name, a content type or a content id has what a header cannot carry.",
        "Correct the field that `pointer` names.",
    ),
    "attachment.too_large": (
        "A file is larger than `mailhub.message.max_attachment_bytes`, or all together than `mailhub.message.max_bytes`.",
        "Send smaller files, or a link.",
    ),
    "attachment.unreadable": (
        "A picture that stands in the HTML as a `data:` URI is not base64, or there are too many of them.",
        "Correct the HTML, or attach the pictures and show them by `cid:`.",
    ),
    "upload.checksum_unknown": (
        "The algorithm of `Upload-Checksum` is none that `OPTIONS /uploads` names.",
        "Use `sha256` or `sha1`.",
    ),
    "upload.wrong_offset": (
        "`Upload-Offset` is not where the upload is.",
        "Ask by `HEAD /uploads/{id}` and go on from there.",
    ),
    "upload.expired": (
        "A resumable upload was not continued in time, or its bytes are lost.",
        "Begin a new one.",
    ),
    "upload.version_unknown": (
        "`Tus-Resumable` names another version than 1.0.0.",
        "Use a client for tus 1.0.0.",
    ),
    "upload.too_long": (
        "More bytes came than `Upload-Length` had announced. They were not taken.",
        "Send what is missing and no more.",
    ),
    "upload.busy": (
        "Another call is adding to this upload, perhaps an earlier one whose connection was lost.",
        "Ask by `HEAD /uploads/{id}` after a moment, and go on from there.",
    ),
    "upload.too_many": (
        "The user has as many unfinished uploads as the settings `mailhub.uploads.max_unfinished` (`_bytes`) allow.",
        "Finish or delete one; the oldest expires after `Retry-After` seconds.",
    ),
    "upload.checksum_mismatch": (
        "The bytes of a piece do not have the checksum of its `Upload-Checksum`. They were not taken.",
        "Send the piece again.",
    ),
    "upload.not_found": (
        "There is no such upload of the caller's; an unused one goes after 24 hours.",
        "Upload the file again.",
    ),
    "layout.not_found": ("There is no such layout; this version has none.", "Send `html` or `text`."),
    "configuration.changed": (
        "Account or assignment changed while the message was being checked. It was not taken.",
        "Send it again.",
    ),
    "plugin.failed": (
        "A plugin that may change messages failed, so the message was not taken.",
        "See `GET /plugins`; repair or disable the plugin.",
    ),
    "plugin.refused": (
        "A plugin refused the message; `detail` is its reason. A plugin may give a code of its own.",
        "Do what the reason says.",
    ),
}
"""Codes of problems, at the top of an answer or in its ``errors``: what is wrong, what to do."""

RETRY = "tried again by the schedule"
SLOWER = "the lane waits, no attempt is used up"
FAILS = "failed for good"
STOPS = "the account needs attention, its mail waits, no attempt is used up"
UNSURE = "`on_uncertain`: sent again, or held as `in_doubt`"

DELIVERY: Mapping[str, tuple[str, str, str]] = {
    "delivery.transient": ("The server cannot be reached or cannot take mail now.", RETRY, "Nothing."),
    "delivery.deferred": ("The server put some recipients off.", RETRY + ", for these only", "Nothing."),
    "delivery.throttled": ("The server asks to send more slowly.", SLOWER, "Set a lower rate limit."),
    "delivery.refused": (
        "The server refused the message, or all recipients.",
        FAILS,
        "Read its answer in the history.",
    ),
    "delivery.too_large": ("The message is larger than the server takes.", FAILS, "Send smaller files."),
    "delivery.sender_refused": (
        "The server does not let this account send as this address.",
        FAILS,
        "Give the mailbox the right to send as it, or choose another sender; then retry.",
    ),
    "delivery.smtputf8_missing": (
        "The sender's address has letters beyond ASCII before the @, and the server cannot take them (no SMTPUTF8).",
        FAILS,
        "Use another sender or server.",
    ),
    "delivery.uncertain": (
        "The connection or the hub ended between the hand-over and the answer.",
        UNSURE,
        "Ask a recipient before sending it once more.",
    ),
    "delivery.resolved": (
        "A person said what became of a recipient that had given no answer, or of the message.",
        "as the person said",
        "Nothing.",
    ),
    "delivery.failed": ("An attempt failed and its connector gave no code.", RETRY, "Read the history."),
    "connector.failed": (
        "The connector raised what it must not, before the hand-over.",
        RETRY,
        "Report it to the plugin's author; `GET /plugins` shows it.",
    ),
    "message.expired": ("`expires_at` passed before it left.", FAILS, "Send it anew."),
    "address.invalid": ("The address cannot be written in an envelope.", FAILS, "Correct it."),
    "address.needs_smtputf8": (
        "An address in a header has letters beyond ASCII before the @, and the server has no SMTPUTF8.",
        FAILS,
        "Use another address or server.",
    ),
    "attachment.damaged": (
        "Stored bytes no longer have the SHA-256 that they were accepted with, so nothing was sent.",
        FAILS,
        "See to the disk, restore from a backup.",
    ),
    "account.authentication_failed": (
        "The server refused the sign-in.",
        STOPS,
        "Correct user name and password, or `/resume` when the server was wrong.",
    ),
    "account.misconfigured": ("The settings cannot work as they are.", STOPS, "Correct them."),
    "account.blocked_by_server": (
        "The server blocks the account because of earlier errors.",
        STOPS,
        "Settle it with the provider, then `/resume`.",
    ),
    "account.ca_file_unreadable": (
        "`ca_file` cannot be read as PEM certificates.",
        STOPS,
        "Correct the path or the text.",
    ),
    "account.certificate_refused": (
        "The server's certificate is not trusted, expired, or for another name.",
        STOPS,
        "Use the name in the certificate, or give the authority in `ca_file`.",
    ),
    "account.tls_not_possible": (
        "The server speaks no TLS here, or none of version 1.2 or later.",
        STOPS,
        "Choose another port, or STARTTLS.",
    ),
    "account.starttls_missing": (
        "The server does not offer STARTTLS or refuses it; nothing is sent without it.",
        STOPS,
        "Correct server, port or security.",
    ),
    "account.no_mechanism": (
        "The server offers no sign-in that the connector can use here.",
        STOPS,
        "Correct security, port or authentication.",
    ),
    "account.password_without_tls": (
        "The password would cross the network in the clear.",
        STOPS,
        "Choose STARTTLS or TLS.",
    ),
    "tls.injected": (
        "Something was written into the connection before TLS began.",
        RETRY,
        "If it comes again, look who is between hub and server.",
    ),
    "network.unknown_host": ("The server's name cannot be found.", RETRY, "Correct the server's name."),
    "network.address_not_allowed": (
        "The server has a private address, which `mailhub.network.allow_private_hosts` forbids.",
        STOPS,
        "Use another server, or allow private hosts.",
    ),
    "check.timed_out": (
        "A check took longer than a minute.",
        "the check has failed",
        "Look at its last step.",
    ),
}
"""Codes in ``error.code``, ``recipients``, ``attention`` and checks: meaning, what the hub does, what to do."""

NOTES: Mapping[str, tuple[str, str]] = {
    "disk.low": ("Less than 512 MB are free where the data are.", "Make room."),
    "plugin.not_loaded": ("A plugin is installed and could not be loaded.", "See `GET /plugins`."),
    "plugin.hung": ("A plugin did not return and is told nothing more.", "Repair it, restart the hub."),
    "telemetry.behind": ("A reader of events does not get on. Mail leaves all the same.", "Look at the log."),
    "smtp.password_without_tls": (
        "`basic` with `security: none`: PLAIN and LOGIN go to this machine only, elsewhere CRAM-MD5 or nothing.",
        "Choose STARTTLS or TLS.",
    ),
    "smtp.basic_is_retired": (
        "User name and password at Microsoft, which retires them.",
        "Plan for OAuth 2.0.",
    ),
    "smtp.certificate_not_verified": (
        "`verify_certificate: false`, possible in a sandbox only.",
        "Give the authority in `ca_file` instead.",
    ),
}
"""Warnings: readiness and accounts show them, and nothing is refused for them."""

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "store.locked": ("Another process has the database open.", "Stop it, or use its socket or API."),
    "store.not_set_up": ("There is no hub in this database.", "Run `mailhub init`."),
    "store.format_too_new": ("A newer version has written this database.", "Run that version."),
    "store.unsupported": (
        "`mailhub.store.uri` names a kind that this version cannot open.",
        "Use `file://`.",
    ),
    "store.writer_number_taken": (
        "Another process writes with this process's number.",
        "Stop one of the two.",
    ),
    "store.key_unusable": (
        "The secret key is missing, malformed, or its file can be read by others.",
        "Put the right key back; `chmod 600` its file.",
    ),
    "store.evolving": (
        "Another process takes the steps of `mailhub evolve` at this moment.",
        "Wait for it to end; a process that was killed lets go after a minute.",
    ),
    "store.pack_failed": (
        "The process that packs the database failed; nothing was changed.",
        "Look for its last words in the log, see to the disk, and run `mailhub pack` again.",
    ),
    "store.command_failed": ("A fault of the hub while it wrote; nothing of it was stored.", "Report it."),
    "secret.unreadable": (
        "A stored secret does not open: another key, or its record was changed.",
        "Put the right key back, or enter the secret again.",
    ),
    "content.damaged": ("Stored bytes no longer have their SHA-256.", "See to the disk, restore a backup."),
    "content.gone": ("Stored bytes were deleted since somebody asked for them.", "Ask again."),
    "mail.not_found": ("The capture page has no such mail.", "Look at its list."),
}
"""Codes in the log, and reasons why a program did not start. By the API such a fault is a 500, ``internal.error``."""

UNSEEN: Mapping[str, str] = {
    "hub.error": "base class, always given another code",
    "store.problem": "base class, always given another code",
    "delivery.held_elsewhere": "between worker and writer",
    "delivery.membership_ended": "between worker and writer",
    "idempotency.replayed": "the answer that was kept is given instead",
    "delivery.lease_ended": "the attempt is handed back and not counted",
    "account.nothing_to_release": "between listener and writer",
    "layout.invalid": "of the renderer `plain`, which no call uses yet",
    "password.differs": "of the page where one chooses a password, which shows its sentence",
    "connection.insecure": "of pages asked for without HTTPS from elsewhere, which show its sentence",
    "form.not_ours": "of pages whose form came from elsewhere or is out of date, which show its sentence",
    "signin.wrong": "of the page that people sign in at, which shows its sentence",
}
"""Codes that nobody meets, each with the reason."""

OTHER_NAMES = frozenset({"hub.fs", "hub.sock", "message.eml", "secret.key"})
"""What looks like a code and is the name of a file."""
