"""What locks a tablet's screen down: systemd units, sway, Chromium's managed policy, and the browser's outer loop."""
