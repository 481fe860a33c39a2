"""The one bridge from a reference case to the function that it names. It knows no model and no case."""
import importlib
import pkgutil
from dataclasses import asdict

import infrapm.models

MODULES = [
    importlib.import_module(f"infrapm.models.{found.name}")
    for found in pkgutil.iter_modules(infrapm.models.__path__)
    if not found.name.startswith("_")
]
FUNCTIONS = {name: vars(module)[name] for module in MODULES for name in module.__all__}


def evaluate(model: str, inputs: dict, call: str) -> dict:
    """The result fields of the function `call` for the keyword arguments `inputs`. `model` is only its title."""
    return asdict(FUNCTIONS[call](**inputs))
