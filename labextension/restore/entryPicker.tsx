/**
 * A small browser of a snapshot: one folder at a time, each entry can be added.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import { useEffect, useState } from 'react';

import type { RokApi } from '../rest/api';
import { asRokError, type RokError } from '../rest/error';
import { baseName, decodeName, formatVolumePath, type IVolumePath, parentPath } from '../rest/names';
import type { Entry, Snapshot } from '../rest/values';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/notice';

const PAGE = 200;

/** What of a folder is loaded. */
interface IListing {
  readonly at: IVolumePath;
  readonly entries: readonly Entry[];
  readonly cursor: string | null;
}

export function EntryPicker(props: {
  snapshot: Snapshot;
  api: RokApi;
  trans: TranslationBundle;
  onAdd: (path: string) => void;
}): JSX.Element {
  const { snapshot, api, trans, onAdd } = props;
  const [at, setAt] = useState<IVolumePath>({ volume: snapshot.members[0].volume, path: '' });
  const { listing, error, more, retry } = useListing(api, snapshot.id, at);
  const volumes = snapshot.members.map(member => member.volume);
  return (
    <div className="jp-RokRestore-picker">
      <div className="jp-RokRestore-place">
        {volumes.length > 1 && (
          <select
            aria-label={trans.__('Volume')}
            value={at.volume}
            onChange={event => setAt({ volume: event.target.value, path: '' })}
          >
            {volumes.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <Button
          label={trans.__('Up')}
          caption={trans.__('The folder that this one is in')}
          reason={at.path === '' ? trans.__('This is the volume’s top folder.') : undefined}
          onClick={() => setAt({ ...at, path: parentPath(at.path) })}
        />
        <span className="jp-RokRestore-path">{decodeName(at.path) || trans.__('Top folder')}</span>
      </div>
      {error && <ErrorNotice error={error} trans={trans} onRetry={retry} />}
      <ul aria-label={trans.__('Files and folders in the snapshot')} aria-busy={listing === undefined}>
        {listing?.entries.map(entry => (
          <EntryRow
            key={entry.path}
            entry={entry}
            trans={trans}
            onOpen={() => setAt({ ...at, path: entry.path })}
            onAdd={() => onAdd(formatVolumePath({ volume: at.volume, path: entry.path }))}
          />
        ))}
        {listing?.cursor && (
          <li>
            <Button label={trans.__('Show more')} onClick={more} />
          </li>
        )}
      </ul>
    </div>
  );
}

function EntryRow(props: {
  entry: Entry;
  trans: TranslationBundle;
  onOpen: () => void;
  onAdd: () => void;
}): JSX.Element {
  const { entry, trans, onOpen, onAdd } = props;
  const name = baseName(entry.path);
  const isFolder = entry.type === 'directory';
  const icon = isFolder ? folderIcon : fileIcon;
  return (
    <li>
      {isFolder ? (
        <Button label={trans.__('Open %1', name)} icon={icon} onClick={onOpen}>
          <span className="jp-RokRestore-path">{name}</span>
        </Button>
      ) : (
        <span className="jp-RokRestore-entry">
          <icon.react tag="span" className="jp-RokButton-icon" />
          <span className="jp-RokRestore-path">{name}</span>
        </span>
      )}
      <Button label={trans.__('Add %1', name)} onClick={onAdd}>
        {trans.__('Add')}
      </Button>
    </li>
  );
}

function useListing(
  api: RokApi,
  snapshot: string,
  at: IVolumePath
): { listing?: IListing; error?: RokError; more: () => void; retry: () => void } {
  const [listing, setListing] = useState<IListing>();
  const [error, setError] = useState<RokError>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    api
      .tree(snapshot, at, { limit: PAGE, signal: abort.signal })
      .then(page => setListing({ at, entries: page.items, cursor: page.next_cursor }))
      .catch(reason => abort.signal.aborted || setError(asRokError(reason)));
    return () => abort.abort();
  }, [api, snapshot, at, turn]);
  const more = (): void => {
    const shown = listing!;
    api
      .tree(snapshot, shown.at, { limit: PAGE, cursor: shown.cursor })
      .then(page =>
        setListing({ ...shown, entries: [...shown.entries, ...page.items], cursor: page.next_cursor })
      )
      .catch(reason => setError(asRokError(reason)));
  };
  const current = listing?.at === at ? listing : undefined;
  return { listing: current, error, more, retry: () => setTurn(turn + 1) };
}
