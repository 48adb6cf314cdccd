/** Orders names as people do: `web-2` before `web-10`. */
export const byName = new Intl.Collator('en', { numeric: true });
