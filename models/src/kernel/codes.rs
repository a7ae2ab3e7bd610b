//! Products of rows of small integers with a query of larger integers.

use super::PANEL;
use super::lanes::Simd;

#[inline(always)]
pub(super) fn code_products<const N: usize, S: Simd<N>>(
    simd: S,
    query: &[i16],
    codes: &[i8],
    nodes: &[u32],
    out: &mut Vec<i32>,
) {
    let dim = query.len();
    out.clear();
    out.extend(nodes.iter().map(|&node| {
        let row = &codes[node as usize * dim..][..dim];
        simd.code_product(row, query)
    }));
}

#[inline(always)]
pub(super) fn panel_products<const N: usize, S: Simd<N>>(
    simd: S,
    query: &[i16],
    panels: &[i8],
    out: &mut Vec<i32>,
) {
    let size = query.len() * PANEL;
    out.resize(panels.len() / size * PANEL, 0);
    let (out, _) = out.as_chunks_mut::<PANEL>();
    for (panel, out) in panels.chunks_exact(size).zip(out) {
        simd.panel_products(panel, query, out);
    }
}
