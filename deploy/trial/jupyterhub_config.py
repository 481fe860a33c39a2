"""JupyterHub's settings for a trial on one machine; `start.py` sets the environment and starts it.

Everybody of the roster logs in without a password, and all servers run as the user who started the hub. So it
listens on this machine alone. For a class: deploy/README.md.
"""

import os
import sys
import zipfile
from pathlib import Path

c = get_config()  # noqa: F821  JupyterHub gives it

COURSE = Path(os.environ["INFRAPM_COURSE"])  # its folder
STUDENTS = {id.lower(): id for id in os.environ["INFRAPM_STUDENTS"].split(",")}  # a hub's names are in small letters
PORT = int(os.environ["PORT"])
HOMES = COURSE / "hub" / "homes"

c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.JupyterHub.db_url = f"sqlite:///{COURSE}/hub/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{COURSE}/hub/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{COURSE}/hub/proxy.pid"

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = set(STUDENTS)

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{HOMES}/{{username}}"
c.Spawner.cmd = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.default_url = "/lab"


def unpack(spawner):
    """Put what was handed out into a student's folder. What is there already is left as it is."""
    student = STUDENTS[spawner.user.name]
    handout = COURSE / "handout"
    for archive in [*sorted(handout.glob("*.zip")), *sorted(handout.glob(f"*/{student}.zip"))]:
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                target = HOMES / spawner.user.name / name
                if not os.path.lexists(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(files.read(name))


c.Spawner.pre_spawn_hook = unpack

# A server that nobody has used for an hour is stopped. The files stay; what a notebook had in memory does not.
c.JupyterHub.services = [{"name": "cull", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}]
c.JupyterHub.load_roles = [
    {"name": "cull", "services": ["cull"], "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]}
]
