"""What a user may write about a contract that limits what a site draws from the grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.extend import BidRules, DataRule, NonNegative, NumberRule, Positive, Quantity, Stage, TradedProduct

EXTENDS = 1


class ImportLimit(TradedProduct):
    """The site draws at most ``limit - volume``, block by block, and is paid for the volume.

    What it draws beyond that costs a penalty. Nothing is called, so no component provides it.
    """

    payment: ClassVar[str] = "availability"
    is_provided_by_components: ClassVar[bool] = False
    kind_in_words: ClassVar[str] = "an import limit, of which nothing is called"

    family: Literal["import_limit"]
    stage: Literal["commit"] = "commit"
    block_h: Positive | None = Field(description="The volume is constant over so many hours; null: over the horizon.")
    limit_mw: Positive = Field(description="What the site may draw without the contract.")
    volume_max_mw: NonNegative = Field(description="Largest reduction of it.")
    minimum_bid_mw: NonNegative = 0.0
    bid_step_mw: NonNegative = 0.0
    price_eur_per_mw_h: Quantity = Field(description="Received per MW of reduction and hour.")
    excess_penalty_eur_per_mwh: Positive = Field(description="Cost of energy drawn beyond what is left.")

    def bid_rules(self) -> BidRules | None:
        return self

    @property
    def decision_stage(self) -> Stage | None:
        return self.stage

    @property
    def volume_block_h(self) -> float | None:
        return self.block_h

    @property
    def direction_in_words(self) -> str:
        return "import"

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("price_eur_per_mw_h", self.price_eur_per_mw_h, "not_negative", "a price of 0 or more")


KINDS = (ImportLimit,)
