//! Recipes by name.

use guanxi_training::recipe::Recipe;

use super::JobError;

/// Returns a built-in recipe (`quick`, `default`, `best`) by name, or reads one from a file.
pub fn recipe(name: &str) -> Result<Recipe, JobError> {
    if let Some(recipe) = Recipe::built_in(name) {
        return Ok(recipe);
    }
    let text = std::fs::read_to_string(name)
        .map_err(|source| JobError::NoRecipe { name: name.to_owned(), source })?;
    Recipe::from_toml(&text).map_err(|source| JobError::BadRecipe { name: name.to_owned(), source })
}
