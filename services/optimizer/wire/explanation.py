"""Why an optimum is what it is, on the wire."""

from __future__ import annotations

from qpo.optimizer.v1 import explanation_pb2 as pb

from services.optimizer.domain.explanation import (
    AssetExplanation,
    Explanation,
    FactorExplanation,
    GroupExplanation,
    Place,
    RiskShare,
    ShadowPrice,
)

_PLACES = {
    Place.FREE: pb.WEIGHT_PLACE_FREE,
    Place.ZERO: pb.WEIGHT_PLACE_ZERO,
    Place.LOWER_BOUND: pb.WEIGHT_PLACE_LOWER_BOUND,
    Place.UPPER_BOUND: pb.WEIGHT_PLACE_UPPER_BOUND,
    Place.CURRENT_WEIGHT: pb.WEIGHT_PLACE_CURRENT_WEIGHT,
}


def to_explanation(why: Explanation) -> pb.Explanation:
    """All of it."""
    return pb.Explanation(
        shadow_prices=map(_price, why.shadow_prices),
        assets=map(_asset, why.assets),
        groups=map(_group, why.groups),
        factors=map(_factor, why.factors),
        specific=_share(why.specific),
        active_specific=_share(why.active_specific),
        diversification_ratio=why.diversification_ratio,
        effective_bets=why.effective_bets,
    )


def _price(price: ShadowPrice) -> pb.ShadowPrice:
    return pb.ShadowPrice(
        type=price.type,
        subject=price.subject,
        side=pb.LIMIT_SIDE_CAP if price.is_cap else pb.LIMIT_SIDE_FLOOR,
        limit=price.limit,
        price=price.price,
        sentence=price.sentence,
    )


def _asset(asset: AssetExplanation) -> pb.AssetExplanation:
    return pb.AssetExplanation(
        symbol=asset.symbol,
        weight=asset.weight,
        place=_PLACES[asset.place],
        marginal_risk=asset.marginal_risk,
        risk=_share(asset.risk),
        active_risk=_share(asset.active),
        bound_price=asset.bound_price,
        return_to_hold=asset.return_to_hold,
        return_to_hold_is_exact=asset.is_exact,
        sentence=asset.sentence,
    )


def _group(group: GroupExplanation) -> pb.GroupExplanation:
    return pb.GroupExplanation(
        name=group.name, weight=group.weight, risk=_share(group.risk), active_risk=_share(group.active)
    )


def _factor(factor: FactorExplanation) -> pb.FactorExplanation:
    return pb.FactorExplanation(
        factor=factor.factor, exposure=factor.exposure, risk=_share(factor.risk), active_risk=_share(factor.active)
    )


def _share(share: RiskShare | None) -> pb.RiskShare | None:
    return None if share is None else pb.RiskShare(total=share.total, share=share.share)
