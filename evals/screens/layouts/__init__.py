"""All layouts, one file for each family of apps."""

from evals.screens.canvas import Layout
from evals.screens.layouts import (
    alipay,
    broker,
    cmb,
    fundhouse,
    licaitong,
    others,
    special,
    tiantian,
    xueqiu,
)

LAYOUTS: tuple[Layout, ...] = (
    *alipay.LAYOUTS,
    *tiantian.LAYOUTS,
    *licaitong.LAYOUTS,
    *cmb.LAYOUTS,
    *xueqiu.LAYOUTS,
    *fundhouse.LAYOUTS,
    *broker.LAYOUTS,
    *others.LAYOUTS,
    *special.LAYOUTS,
)
BY_NAME: dict[str, Layout] = {layout.name: layout for layout in LAYOUTS}
