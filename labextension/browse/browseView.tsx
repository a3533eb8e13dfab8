/**
 * The files of a snapshot: where one is, a filter, and the folder's entries.
 */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { fileIcon, folderIcon, type LabIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { memo } from 'react';

import { decodeName, formatVolumePath } from '../rest/names';
import { CommandIDs } from '../tokens';
import { formatBytes, formatDateTime, formatMoment } from '../ui/format';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { RowList } from '../ui/rowList';
import { openMenu } from '../ui/rowMenu';
import { useSignals } from '../ui/useSignal';
import { entryMenu } from './entryMenu';
import type { Folder, ILine } from './folder';

/** The height of a line, in pixels. */
const LINE = 26;

export interface IBrowseViewProps {
  readonly folder: Folder;
  readonly commands: CommandRegistry;
  readonly fileTypes: DocumentRegistry;
  readonly trans: TranslationBundle;
}

/** Draws a Folder. */
export function BrowseView({ folder, commands, fileTypes, trans }: IBrowseViewProps): JSX.Element {
  useSignals(folder.changed);
  const open = (line: ILine): void => {
    if (line.isFolder) {
      void folder.open(folder.snapshot, line.at.volume, line.at.path);
    } else if (line.type === 'file') {
      const { snapshot, volume, path } = line.at;
      void commands.execute(CommandIDs.openFile, { snapshot, volume, path });
    }
  };
  const cameFrom = folder.lines.find(line => line.name === folder.cameFrom);
  return (
    <div className="jp-RokBrowse">
      <Crumbs folder={folder} trans={trans} />
      <input
        type="search"
        className="jp-RokBrowse-filter"
        placeholder={trans.__('Filter by name')}
        aria-label={trans.__('Filter by name')}
        value={folder.filter}
        onChange={event => void folder.setFilter(event.target.value)}
      />
      {folder.error ? (
        <ErrorNotice error={folder.error} trans={trans} onRetry={() => void folder.refresh()} />
      ) : (
        <RowList
          key={folder.visit}
          label={trans.__('Files of the snapshot of %1', formatDateTime(folder.snapshot.created))}
          items={folder.lines}
          trans={trans}
          rowHeight={LINE}
          keyOf={keyOf}
          nameOf={line => line.name}
          draw={line => <LineCells line={line} icon={iconOf(line, fileTypes)} trans={trans} />}
          onOpen={open}
          onMenu={(line, at, done) => openMenu(commands, entryMenu(line), at, done)}
          onUp={folder.hasUp ? () => void folder.up() : undefined}
          hasMore={folder.hasMore}
          onMore={() => void folder.loadMore()}
          initial={cameFrom && keyOf(cameFrom)}
          takesFocus
        />
      )}
      <Footer folder={folder} trans={trans} />
    </div>
  );
}

/** What is said below the list: what is going on, or why it is empty. */
function Footer({ folder, trans }: { folder: Folder; trans: TranslationBundle }): JSX.Element | null {
  if (folder.loaded && !folder.hasMore && folder.lines.length === 0) {
    const title = folder.filter
      ? trans.__('No name here holds “%1”.', folder.filter)
      : trans.__('This folder was empty.');
    return <EmptyNotice title={title} />;
  }
  const words = folder.loading
    ? trans.__('Loading…')
    : folder.hasMore
      ? trans.__('%1 entries and more', folder.count)
      : trans._n('%1 entry', '%1 entries', folder.lines.length);
  return (
    <div className="jp-RokBrowse-footer" role="status">
      {folder.error ? '' : words}
    </div>
  );
}

/** The way from the snapshot down to the folder, each part of which is a button. */
function Crumbs({ folder, trans }: { folder: Folder; trans: TranslationBundle }): JSX.Element {
  const { at, snapshot } = folder;
  const names = at?.path ? at.path.split('/') : [];
  const crumbs = names.map((name, index) => ({
    name: decodeName(name),
    go: () => folder.open(snapshot, at?.volume, names.slice(0, index + 1).join('/'))
  }));
  if (at) {
    crumbs.unshift({ name: at.volume, go: () => folder.open(snapshot, at.volume) });
  }
  if (snapshot.members.length > 1) {
    crumbs.unshift({ name: formatMoment(snapshot.created), go: () => folder.open(snapshot) });
  }
  return (
    <nav className="jp-RokCrumbs" aria-label={trans.__('Folder')}>
      <ol>
        {crumbs.map((crumb, index) => (
          <li key={index}>
            <button
              type="button"
              className="jp-RokCrumbs-crumb"
              aria-current={index === crumbs.length - 1 ? 'location' : undefined}
              onClick={() => void crumb.go()}
            >
              {crumb.name}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

const LineCells = memo(function (props: { line: ILine; icon: LabIcon; trans: TranslationBundle }) {
  const { line, icon: Icon, trans } = props;
  const modified = line.modified === undefined ? '' : new Date(line.modified).toISOString();
  const when = modified && formatDateTime(modified);
  const size = line.size === undefined ? '' : formatBytes(line.size);
  const title = [line.name + (line.target ? ` → ${line.target}` : ''), size, when].filter(part => part);
  const kind = line.isFolder ? trans.__('folder') : line.type === 'file' ? '' : line.type;
  return (
    <>
      <span role="gridcell" className="jp-RokBrowse-name" title={title.join('\n')}>
        <Icon.react tag="span" className="jp-RokBrowse-icon" />
        <span className="jp-RokBrowse-text">{line.name}</span>
        {kind && <span className="jp-RokHidden"> ({kind})</span>}
      </span>
      <span role="gridcell" className="jp-RokBrowse-size">
        {size}
      </span>
      <span role="gridcell" className="jp-RokBrowse-time">
        {modified && formatMoment(modified)}
      </span>
    </>
  );
});

function keyOf(line: ILine): string {
  return formatVolumePath(line.at);
}

/** Icons by what stands behind a name's first dot: asking for a file's types tries every type there is. */
const icons = new Map<string, LabIcon>();

function iconOf(line: ILine, fileTypes: DocumentRegistry): LabIcon {
  if (line.isFolder) {
    return folderIcon;
  }
  const extension = line.name.slice(line.name.indexOf('.') + 1);
  const icon = icons.get(extension) ?? fileTypes.getFileTypesForPath(line.name)[0]?.icon ?? fileIcon;
  icons.set(extension, icon);
  return icon;
}
