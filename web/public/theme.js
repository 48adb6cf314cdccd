// Before the first paint, so that a theme chosen here earlier does not flash: see src/ui/theme.ts.
const theme = localStorage.getItem('theme');
if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
