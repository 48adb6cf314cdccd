/** Says what went wrong and what happens next. */
export function Trouble({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  const { title, advice } = explain(error);
  return (
    <div className="trouble" role="alert">
      <strong>{title}</strong>
      <span>{advice}</span>
      {onRetry && (
        <button type="button" className="button small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

function explain(error: Error): { title: string; advice: string } {
  const code = (error as { data?: { code?: string } }).data?.code;
  switch (code) {
    case undefined:
      return {
        title: 'The server cannot be reached.',
        advice: 'This page tries again by itself; is Hyperdash running?',
      };
    case 'NOT_FOUND':
      return {
        title: 'Nothing matches.',
        advice: `${capital(error.message)}. Choose other hosts or labels.`,
      };
    case 'BAD_REQUEST':
      return { title: 'The server refused this.', advice: `${capital(error.message)}.` };
    case 'SERVICE_UNAVAILABLE':
      return {
        title: 'The server is busy.',
        advice: `${capital(error.message)}. This page tries again by itself.`,
      };
    case 'UNAUTHORIZED':
    case 'FORBIDDEN':
      return { title: 'An API key is needed.', advice: 'This server lets nobody in without one.' };
    default:
      return { title: 'The server failed.', advice: 'Its log says why. This page tries again by itself.' };
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
