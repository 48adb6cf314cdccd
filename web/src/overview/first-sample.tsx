import { CopyButton } from '../ui/copy-button.tsx';

/** What to do while there is nothing to see. */
export function FirstSample() {
  const commands = [
    [
      'Send a sample',
      `curl -X POST ${location.origin}/api/metrics -H 'content-type: application/json' \\\n  -d '{"samples":[{"host":"web-1","metric_name":"cpu_usage","value":42}]}'`,
    ],
    ['Or make up a week of three hosts', `npm run seed -- --days 7 --url ${location.origin}`],
  ] as const;
  return (
    <section className="card first-sample" aria-labelledby="first-sample">
      <h2 id="first-sample">Waiting for the first samples</h2>
      <p>
        Those of this machine come within seconds where its agent is on (<code>AGENT=on</code>); this page
        fills by itself. From elsewhere:
      </p>
      {commands.map(([title, command]) => (
        <div key={title} className="command">
          <div className="command-head">
            <h3>{title}</h3>
            <CopyButton text={command} label={`Copy: ${title}`} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre tabIndex={0}>{command}</pre>
        </div>
      ))}
    </section>
  );
}
