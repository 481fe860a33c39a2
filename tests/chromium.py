"""Find Chromium for the browser tests, or install it: `python tests/chromium.py`.

Looked for in this order: the variable CHROMIUM, the programs in NAMES, Playwright's own copy.
Where there is none, Debian's package is installed if we are root there, else Playwright's copy.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium that starts, or None.

    Call it before Playwright is started. Raises FileNotFoundError if CHROMIUM is set and names
    none that starts: the tests must not quietly run in another browser than the one asked for.
    """
    asked = os.environ.get("CHROMIUM")
    if asked:
        path = shutil.which(asked)
        if path and starts(path):
            return path
        raise FileNotFoundError(f"CHROMIUM={asked} is not a browser that starts.")
    for name in NAMES:
        path = shutil.which(name)
        if path and starts(path):
            return path
    with sync_playwright() as playwright:
        path = shutil.which(playwright.chromium.executable_path)
    return path if path and starts(path) else None


def starts(path: str) -> bool:
    """Return whether a program runs at all. Ubuntu's chromium-browser may be an empty shell."""
    return subprocess.run([path, "--version"], capture_output=True).returncode == 0


def on_debian() -> bool:
    """Return whether this is Debian itself; Ubuntu's package of the same kind is not a browser."""
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def install() -> None:
    """Install Chromium with Debian's package manager as root on Debian, else with Playwright."""
    if on_debian() and os.geteuid() == 0:
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        print("Chromium for the browser tests is missing. Running:", *command, flush=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    try:
        if not find_chromium():
            install()
        path = find_chromium()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error} Install Chromium or Chrome, and set CHROMIUM to its path if needed.")
    if not path:
        sys.exit("Chromium was installed but does not start. Set CHROMIUM to one that does.")
    print("Browser tests run in", path)


if __name__ == "__main__":
    main()
