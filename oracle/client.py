"""A server of the program under test, asked over its API: one process for thousands of questions."""

import json
import re
import subprocess
import urllib.parse
import urllib.request

EMAIL = "oracle@axle.example"


class Server:
    """Serves on a free port of the loopback while the `with` lasts."""

    def __init__(self, binary, data, workspace):
        self.binary, self.data, self.workspace = binary, str(data), workspace

    def __enter__(self):
        self.token = self.make_token()
        command = [self.binary, "--data", self.data, "serve", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            found = re.search(r"127\.0\.0\.1:\d+", line)
            if found:
                self.address = found.group()
                return self
        raise RuntimeError("the server did not say where it listens")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def make_token(self):
        """A user for the oracle, and a token of theirs."""
        user = [self.binary, "--data", self.data, "--format", "json", "user"]
        subprocess.run([*user, "add", EMAIL], input="once-and-for-all\n", capture_output=True, text=True, check=False)
        made = subprocess.run([*user, "token", EMAIL, "--name", "oracle"], capture_output=True, text=True, check=True)
        return json.loads(made.stdout)["token"]

    def get(self, path, **parameters):
        """What `kpis` + `path` answers."""
        query = urllib.parse.urlencode({name: value for name, value in parameters.items() if value is not None})
        url = f"http://{self.address}/api/v1/{self.workspace}/kpis{path}?{query}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
