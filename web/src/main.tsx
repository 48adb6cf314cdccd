import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './style/base.css';
import './style/overview.css';
import './style/chart.css';

const RETRY_MAX_MS = 5_000;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // What the input or the catalogue cannot answer will not be answered by asking again.
      retry: (failures, error) => {
        const status = (error as { data?: { httpStatus?: number } }).data?.httpStatus ?? 0;
        return failures < 3 && (status === 0 || status >= 500);
      },
      retryDelay: (failures) => Math.min(RETRY_MAX_MS, 500 * 2 ** failures),
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
