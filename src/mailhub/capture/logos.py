"""The pictures of the two connectors: own drawings, SVG, no script."""

CAPTURE_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Capture">
<rect width="48" height="48" rx="11" fill="#0f766e"/>
<path d="M10 17.5 24 27l14-9.5V33a3 3 0 0 1-3 3H13a3 3 0 0 1-3-3z" fill="#fff"/>
<path d="M13 13h22a3 3 0 0 1 2.6 1.5L24 23.6 10.4 14.5A3 3 0 0 1 13 13z" fill="#99f6e4"/>
<circle cx="36" cy="35" r="7.5" fill="#fbbf24" stroke="#0f766e" stroke-width="2.5"/>
<path d="m32.8 35 2.3 2.4 4.2-4.6" fill="none" stroke="#134e4a" stroke-width="2" stroke-linecap="round"/>
</svg>
"""

FILE_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="File">
<rect width="48" height="48" rx="11" fill="#475569"/>
<path d="M9 15a3 3 0 0 1 3-3h8l4 4h12a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H12a3 3 0 0 1-3-3z" fill="#fde68a"/>
<path d="M14 22h20v11H14z" fill="#fff"/>
<path d="m14 22 10 7 10-7" fill="none" stroke="#475569" stroke-width="2" stroke-linejoin="round"/>
</svg>
"""
