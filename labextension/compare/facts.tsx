/**
 * An entry before and after: type, size, time, mode, owner and digest.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Entry, EntryDifference } from '../rest/values';
import { formatBytes, formatDateTime } from '../ui/format';

interface IFact {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** A table of what is known of both states; rows that differ stand out. */
export function Facts({ item, trans }: { item: EntryDifference; trans: TranslationBundle }): JSX.Element {
  return (
    <table className="jp-RokFacts">
      <thead>
        <tr>
          <td />
          <th scope="col">{trans.__('Before')}</th>
          <th scope="col">{trans.__('After')}</th>
        </tr>
      </thead>
      <tbody>
        {factsOf(item, trans).map(fact => (
          <tr key={fact.name} className={fact.before === fact.after ? '' : 'jp-mod-differs'}>
            <th scope="row">{fact.name}</th>
            <td>{fact.before}</td>
            <td>{fact.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Both states in words; what is unknown of both is left out. */
export function factsOf(item: EntryDifference, trans: TranslationBundle): readonly IFact[] {
  const tell = (name: string, words: (entry: Entry) => string): IFact => ({
    name,
    before: item.before ? words(item.before) : trans.__('not there'),
    after: item.after ? words(item.after) : trans.__('not there')
  });
  const facts = [
    tell(trans.__('Type'), entry => entry.type),
    tell(trans.__('Size'), entry => (entry.type === 'file' ? formatBytes(entry.size) : '')),
    tell(trans.__('Bytes'), entry => (entry.type === 'file' ? String(entry.size) : '')),
    tell(trans.__('Modified'), entry => formatDateTime(new Date(entry.mtime_ns / 1e6).toISOString())),
    tell(trans.__('Mode'), entry => (entry.mode & 0o7777).toString(8).padStart(4, '0')),
    tell(trans.__('Owner'), entry => entry.user || String(entry.uid)),
    tell(trans.__('Leads to'), entry => entry.target ?? ''),
    tell(trans.__('Digest'), entry => entry.digest ?? '')
  ];
  const known = [item.before, item.after].filter(entry => entry !== null).length;
  return facts.filter(fact => [fact.before, fact.after].filter(words => words === '').length < known);
}
