import ast
from pathlib import Path

from pfld_mm import runtime


def test_type_checkers_and_dir_see_the_names():
    """They are imported where a type checker reads it: no ``__getattr__`` hides them."""
    tree = ast.parse(Path(runtime.__file__).read_text(encoding='utf-8'))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    static = {alias.asname or alias.name for node in imports for alias in node.names}
    assert set(runtime.__all__) <= static
    assert set(runtime.__all__) <= set(dir(runtime))
