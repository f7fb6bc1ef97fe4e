"""How a platform that is played refuses a call, or notes that the API does not know it."""


class Refusal(Exception):
    def __init__(self, status, code, error):
        super().__init__(error)
        self.status, self.code = status, code


class Violation(Exception):
    """The worker did what the API does not allow."""


def require(condition, text):
    if not condition:
        raise Violation(text)


def known_keys(body, required, optional=()):
    require(isinstance(body, dict), f"the body is no object: {body}")
    require(set(required) <= set(body), f"keys are missing in {sorted(body)}: {sorted(set(required) - set(body))}")
    require(set(body) <= set(required) | set(optional), f"unknown keys in {sorted(body)}")
