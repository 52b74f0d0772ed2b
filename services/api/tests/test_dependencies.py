import importlib
import inspect
import pkgutil
from typing import get_args

from fastapi.params import Depends

import meadow_api


def test_no_dependency_takes_a_step_through_the_thread_pool() -> None:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(meadow_api.__path__, "meadow_api.")
        if not found.name.endswith("__main__")
    ]
    dependencies = {
        name: part.dependency
        for module in modules
        for name, value in vars(module).items()
        for part in get_args(value)
        if isinstance(part, Depends)
    }
    assert {"Gateway", "Caller", "GrantedWait"} <= set(dependencies)
    assert [name for name, call in dependencies.items() if not inspect.iscoroutinefunction(call)] == []
