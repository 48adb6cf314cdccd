import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../web/index.html', import.meta.url), 'utf8');
const script = /<script type="module">(.*?)<\/script>/s.exec(page)![1]!;

test('the page loads nothing from elsewhere', () => {
  const urls = page.match(/(?:https?:)?\/\/[\w.-]+\.[a-z]{2,}[^'"\s]*/g) ?? [];
  expect(new Set(urls)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  expect(page).not.toMatch(/@import|<script[^>]+src=|<link[^>]+rel="?stylesheet/);
});

test('names and labels cannot become markup', () => {
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc/);
  expect(script).toContain('encodeURIComponent(name)');
});

test('its script is well formed', () => {
  expect(() => new Script(script)).not.toThrow();
});
