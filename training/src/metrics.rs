//! Recall, precision and NDCG, as the published papers compute them.
