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


class OwnAccount(AuthError):
    """What is asked cannot be done to one's own account."""

    def __init__(self) -> None:
        super().__init__("this cannot be done to your own account; another administrator can")


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
        """`retry_after` is in seconds; `limit` is account, address or everybody."""
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
