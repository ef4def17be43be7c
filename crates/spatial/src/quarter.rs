//! How a cell that is cut by a depth edge is drawn.

use crate::cell;

/// The quarter of a cell next to one of its vertices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quarter {
    /// Whose: 0 top left, 1 top right, 2 bottom right, 3 bottom left. The quarter has that
    /// vertex's colour throughout.
    pub corner: usize,
    /// (u, v, inverse depth), clockwise from the top left.
    pub vertices: [[f32; 3]; 4],
}

/// The quarters of a cell with the given bits that is neither whole nor empty.
///
/// `inverse_depth` is clockwise from the top left vertex. Along an edge that joins, a quarter
/// slopes to the middle; along one that does not, it keeps its vertex's inverse depth. So the
/// picture has no gap from where it was taken, and parts cleanly from elsewhere.
pub fn quarters(
    bits: u8,
    u: [f32; 2],
    v: [f32; 2],
    inverse_depth: [f32; 4],
) -> [Option<Quarter>; 4] {
    let u = [u[0], 0.5 * (u[0] + u[1]), u[1]];
    let v = [v[0], 0.5 * (v[0] + v[1]), v[1]];
    // Per corner: its bit, its edges' bits and neighbours (row, column), its place.
    let corners = [
        (cell::HAS_TOP_LEFT, (cell::TOP, 1), (cell::LEFT, 3), 0, 0),
        (cell::HAS_TOP_RIGHT, (cell::TOP, 0), (cell::RIGHT, 2), 1, 0),
        (cell::HAS_BOTTOM_RIGHT, (cell::BOTTOM, 3), (cell::RIGHT, 1), 1, 1),
        (cell::HAS_BOTTOM_LEFT, (cell::BOTTOM, 2), (cell::LEFT, 0), 0, 1),
    ];
    std::array::from_fn(|corner| {
        let (has, beside, beyond, x, y) = corners[corner];
        if bits & has == 0 {
            return None;
        }
        let own = inverse_depth[corner];
        let halfway = |(bit, other): (u8, usize)| {
            if bits & bit == 0 { own } else { 0.5 * (own + inverse_depth[other]) }
        };
        let (across, down) = (halfway(beside), halfway(beyond));
        let centre = (across + down - own).max(0.0);
        // Inverse depths at the columns and rows of this quarter, from the cell's outside in.
        let at = |middle_x: bool, middle_y: bool| match (middle_x, middle_y) {
            (false, false) => own,
            (true, false) => across,
            (false, true) => down,
            (true, true) => centre,
        };
        let vertex = |dx: usize, dy: usize| {
            let (column, row) = (x + dx, y + dy);
            [u[column], v[row], at(column == 1, row == 1)]
        };
        Some(Quarter { corner, vertices: [vertex(0, 0), vertex(1, 0), vertex(1, 1), vertex(0, 1)] })
    })
}
