//! One world behind one pointer: who writes it, who swaps its model.
