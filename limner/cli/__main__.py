"""Makes `python -m limner.cli` the same as `limner`."""

from __future__ import annotations

from limner.cli import main

if __name__ == "__main__":
    main()
