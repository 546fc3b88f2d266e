"""Git's mailmap, as gitmailmap(5) describes it: whom a name and address of a commit stand for."""
import re

LINE = re.compile(r"^\s*([^<>]*?)\s*<([^<>]*)>\s*(?:([^<>]*?)\s*<([^<>]*)>)?")


class Mailmap:
    """Rules by lower-cased address, and by lower-cased name within an address. Later lines win, part by part."""

    def __init__(self, text):
        self.rules = {}
        for line in text.splitlines():
            if line.lstrip().startswith("#"):
                continue
            found = LINE.match(line)
            if found:
                self._add(*found.groups())

    def _add(self, name, email, old_name, old_email):
        if old_email is None:  # `Proper Name <address>`: only the name is mended
            new, key = (name, None), (email.strip().lower(), None)
        else:
            new, key = (name, email.strip()), (old_email.strip().lower(), (old_name or "").lower() or None)
        before = self.rules.get(key, (None, None))
        self.rules[key] = (new[0] or before[0], new[1] or before[1])

    def person(self, name, email):
        """Proper name and address, and whether a rule named them."""
        rule = self.rules.get((email.lower(), name.lower())) or self.rules.get((email.lower(), None))
        if rule is None:
            return name, email, False
        return rule[0] or name, rule[1] or email, True
