"""What can be wrong when somebody asks to be admitted."""

from __future__ import annotations


class AuthError(Exception):
    """The root of everything that this domain refuses."""


class EmailTaken(AuthError):
    """An account with this email exists."""

    def __init__(self) -> None:
        super().__init__("an account with this email exists; log in, or register another address")


class WeakPassword(AuthError):
    """The password is too easily guessed; the message says why, never what it is."""


class BadCredentials(AuthError):
    """Email or password is wrong; which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("email or password is wrong")


class AccountDisabled(AuthError):
    """The password is right, and an administrator has disabled the account."""

    def __init__(self) -> None:
        super().__init__("this account is disabled; ask an administrator")


class SecondFactorRequired(AuthError):
    """The password is right, and the account has a second factor."""

    def __init__(self) -> None:
        super().__init__("this account has a second factor; log in with the code of your authenticator app too")


class SecondFactorWrong(AuthError):
    """The code is another's, of another time or used before; which of these is not told."""

    def __init__(self) -> None:
        super().__init__("the code does not count; wait for your app's next one, and see that its clock is right")


class SecondFactorOn(AuthError):
    """The account has a second factor already."""

    def __init__(self) -> None:
        super().__init__("this account has a second factor already; remove it first")


class SecondFactorOff(AuthError):
    """The account has no second factor, or none that waits to be confirmed."""

    def __init__(self) -> None:
        super().__init__("this account has no second factor, or it was begun too long ago; begin one")


class LoginRequired(AuthError):
    """The token was given for a key, and what is asked wants the user in person."""

    def __init__(self) -> None:
        super().__init__("an API key may not do this; log in")


class ApiKeyMistyped(AuthError):
    """This is no key, or one with a character wrong."""

    def __init__(self) -> None:
        super().__init__("this is no API key, or a character of it is wrong; copy it whole, from qpo_ on")


class ApiKeyInvalid(AuthError):
    """The key was deleted, has expired or may nothing any more; which of these is not told."""

    def __init__(self) -> None:
        super().__init__("the API key is not valid (any more); its owner can make another")


class ApiKeyNotFound(AuthError):
    """The caller has no such key."""

    def __init__(self) -> None:
        super().__init__("you have no such API key")


class TooManyApiKeys(AuthError):
    """The account has as many keys as it may."""

    def __init__(self) -> None:
        super().__init__("the account has as many API keys as it may; delete one")


class OwnAccount(AuthError):
    """What is asked cannot be done to one's own account."""

    def __init__(self) -> None:
        super().__init__("this cannot be done to your own account; another administrator can")


class NotAnAdvisor(AuthError):
    """The user who is to advise has not the role."""

    def __init__(self) -> None:
        super().__init__("this user is not an advisor; give them the role first")


class LinkNotFound(AuthError):
    """The two were never linked."""

    def __init__(self) -> None:
        super().__init__("there is no link between these two")


class InvalidLink(AuthError):
    """What is asked of a link cannot be."""

    def __init__(self, field: str, fix: str) -> None:
        """`fix` says what `field` may be."""
        super().__init__(f"{field}: {fix}")
        self.field, self.fix = field, fix


class RefreshTokenInvalid(AuthError):
    """The refresh token is unknown, expired, spent or revoked; which of these is not told."""

    def __init__(self) -> None:
        super().__init__("the refresh token is not valid; log in again")


class TokenSuperseded(AuthError):
    """The account has changed since the access token was given, in a way that its tokens must know of."""

    def __init__(self) -> None:
        super().__init__("your sessions were ended or your role was changed since; refresh the token, or log in again")


class AlreadyBootstrapped(AuthError):
    """An administrator exists, so that the first one cannot be made again."""

    def __init__(self) -> None:
        super().__init__("an administrator exists already; ask them for the role")


class BootstrapSecretWrong(AuthError):
    """The caller does not know the secret in this installation's key folder."""

    def __init__(self) -> None:
        super().__init__("the bootstrap secret is not the one in the service's key folder")


class UserNotFound(AuthError):
    """There is no such user."""

    def __init__(self) -> None:
        super().__init__("there is no such user")


class Overloaded(AuthError):
    """More passwords wait to be hashed than are worth waiting for."""

    def __init__(self, retry_after: float) -> None:
        """`retry_after` is in seconds."""
        super().__init__("too many passwords are being checked at once; try again shortly")
        self.retry_after = retry_after


class TooManyAttempts(AuthError):
    """The account, the address or everybody together tried more passwords than is allowed; which is not told."""

    def __init__(self, retry_after: float, limit: str) -> None:
        """`retry_after` is in seconds; `limit` is account, address, key or everybody."""
        super().__init__("too many attempts; wait as long as is said, or have an administrator unlock the account")
        self.retry_after, self.limit = retry_after, limit


class HeadForged(AuthError):
    """A head of the audit chain is not as it was signed."""

    def __init__(self) -> None:
        super().__init__("a signed head of the audit chain was changed; compare the folder of heads with its backup")


class EtagMismatch(AuthError):
    """The policy was changed since the caller got it."""

    def __init__(self) -> None:
        super().__init__("the policy has another etag; get it again and repeat the change")


class CursorInvalid(AuthError):
    """The cursor was not given by this stream."""

    def __init__(self) -> None:
        super().__init__("the cursor was not given by this stream; pass none, or the last message's")


class TooFewMinutes(AuthError):
    """Too little history to say what is usual."""

    def __init__(self, minutes: int, needed: int) -> None:
        """How many minutes of users there are, and how many it takes."""
        super().__init__(f"{minutes} minutes of use are kept and {needed} are needed; train again later")
        self.minutes, self.needed = minutes, needed
