//! `{"not": {..}}`, `{"any": [{..}, {..}]}`, `{"all": [{..}, {..}]}`.

use guanxi_models::filter::Filter;
use utoipa::ToSchema;

use super::{Condition, FilterShape};

pub(super) const NOT: Condition = Condition::new::<NotShape>(
    "not",
    |reader, value| reader.filter(value).map(|part| Filter::Not(Box::new(part))),
    &[],
);
pub(super) const ANY: Condition =
    Condition::new::<AnyShape>("any", |reader, value| reader.filters(value).map(Filter::Any), &[]);
pub(super) const ALL: Condition =
    Condition::new::<AllShape>("all", |reader, value| reader.filters(value).map(Filter::All), &[]);

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct NotShape {
    /// This filter must not match.
    #[schema(no_recursion)]
    not: Option<Box<FilterShape>>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct AnyShape {
    /// At least one of these filters must match.
    #[schema(no_recursion)]
    any: Option<Vec<FilterShape>>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct AllShape {
    /// All of these filters must match.
    #[schema(no_recursion)]
    all: Option<Vec<FilterShape>>,
}
