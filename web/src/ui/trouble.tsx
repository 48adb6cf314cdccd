import type { FormEvent } from 'react';
import { keepApiKey } from '../client.ts';

/** Says what went wrong and what happens next. */
export function Trouble({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  const { title, advice, wantsKey } = explain(error);
  return (
    <div className="trouble" role="alert">
      <strong>{title}</strong>
      <span>{advice}</span>
      {wantsKey && <KeyForm />}
      {onRetry && !wantsKey && (
        <button type="button" className="button small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

function KeyForm() {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    keepApiKey(String(new FormData(event.currentTarget).get('key')));
  };
  return (
    <form className="key-form" onSubmit={submit}>
      <input
        name="key"
        type="password"
        autoComplete="off"
        required
        aria-label="API key"
        placeholder="API key"
      />
      <button type="submit" className="button primary">
        Use it
      </button>
    </form>
  );
}

function explain(error: Error): { title: string; advice: string; wantsKey?: boolean } {
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
      return {
        title: 'An API key that may read is needed.',
        advice: 'It is kept in this browser alone.',
        wantsKey: true,
      };
    default:
      return { title: 'The server failed.', advice: 'Its log says why. This page tries again by itself.' };
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
