"""What every part of a definition shares."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen part of a definition; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
