"""The models that can be named in requests."""

from localassist.errors import NotFound
from localassist.objects.models import Model
from localassist.protocols import ModelLibrary


class ModelService:
    def __init__(self, models: ModelLibrary) -> None:
        self._models = models

    def page(self) -> list[Model]:
        """Real models first, then the hosted names that stand for one."""
        return list(self._models.models())

    def get(self, model_id: str) -> Model:
        for model in self._models.models():
            if model.id == model_id:
                return model
        raise NotFound(f"The model '{model_id}' does not exist", param="model", code="model_not_found")
