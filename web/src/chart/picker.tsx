import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { byName } from '../format/by-name.ts';

/** A button that opens a panel; Escape or a press elsewhere closes it. */
export function Popover({
  label,
  summary,
  children,
}: {
  readonly label: string;
  readonly summary: ReactNode;
  readonly children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const onPress = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', onPress);
    return () => removeEventListener('pointerdown', onPress);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what is inside
    <div className="popover" ref={box} onKeyDown={(event) => event.key === 'Escape' && open && close()}>
      <button
        ref={button}
        type="button"
        className="button"
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => setOpen(!open)}
      >
        <span className="button-label">{label}</span> <span className="button-value">{summary}</span>
        <svg viewBox="0 0 10 6" width="10" height="6" aria-hidden="true">
          <path d="M1 1l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      </button>
      {open && (
        <div className="panel" role="dialog" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

/** Chooses any of many names, with a field that narrows them. */
export function Picker({
  label,
  names,
  chosen,
  none,
  onChange,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  /** What no choice means, such as `all`; undefined where there has to be one. */
  readonly none?: string;
  readonly onChange: (chosen: string[]) => void;
}) {
  const [search, setSearch] = useState('');
  const id = useId();
  const all = [...new Set([...names, ...chosen])].sort(byName.compare);
  const found = all.filter((name) => name.toLowerCase().includes(search.trim().toLowerCase()));
  const toggle = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name];
    if (next.length > 0 || none !== undefined) onChange(next);
  };
  const summary =
    chosen.length === 0 ? none : chosen.length > 1 ? `${chosen.length} of ${all.length}` : chosen[0];
  return (
    <Popover label={label} summary={summary}>
      {() => (
        <>
          {all.length > 6 && (
            <input
              type="search"
              value={search}
              placeholder="Search"
              aria-label={`Search ${label.toLowerCase()}`}
              onChange={(event) => setSearch(event.target.value)}
            />
          )}
          {none !== undefined && (
            <button
              type="button"
              className="plain"
              disabled={chosen.length === 0}
              onClick={() => onChange([])}
            >
              Choose {none}
            </button>
          )}
          <ul>
            {found.map((name, index) => (
              <li key={name}>
                <input
                  id={`${id}-${index}`}
                  type="checkbox"
                  checked={chosen.includes(name)}
                  onChange={() => toggle(name)}
                />
                <label htmlFor={`${id}-${index}`}>{name}</label>
              </li>
            ))}
            {found.length === 0 && <li className="soft">Nothing is called that.</li>}
          </ul>
        </>
      )}
    </Popover>
  );
}
