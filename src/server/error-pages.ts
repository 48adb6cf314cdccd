import type { FastifyInstance } from 'fastify';
import { HttpProblem } from './problem.ts';
import { PROBLEM_TYPES, type ProblemCode, type ProblemType, slugOf } from './problem-types.ts';

const PAGES: ReadonlyMap<string, ProblemType> = new Map(
  Object.entries(PROBLEM_TYPES).map(([code, type]) => [slugOf(code as ProblemCode), type]),
);

/** A plugin with the pages that a problem's `type` leads to: one for each kind, and a list at `/errors`. */
export async function errorPagesPlugin(server: FastifyInstance): Promise<void> {
  server.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
  server.get('/errors', async (_request, reply) => reply.type('text/html; charset=utf-8').send(listPage()));
  server.get<{ Params: { slug: string } }>('/errors/:slug', async ({ params: { slug } }, reply) => {
    const type = PAGES.get(slug);
    if (type === undefined) throw new HttpProblem('NOT_FOUND', `no kind of problem is called ${slug}`);
    return reply.type('text/html; charset=utf-8').send(pageOf(type));
  });
}

function pageOf({ status, title, meaning }: ProblemType): string {
  return page(
    `${status} ${title}`,
    `<p>${escaped(meaning)}</p><p><a href="/errors">Every kind of problem</a></p>`,
  );
}

function listPage(): string {
  const entries = Array.from(
    PAGES,
    ([slug, { status, title, meaning }]) =>
      `<dt><a href="/errors/${slug}">${status} ${title}</a></dt><dd>${escaped(meaning)}</dd>`,
  );
  return page('Problems', `<dl>${entries.join('')}</dl>`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title} · Hyperdash</title><h1>${title}</h1>${body}</html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
