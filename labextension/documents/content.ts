/**
 * What is in an open document, as it would be saved.
 */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { Contents } from '@jupyterlab/services';

import type { Context } from './openDocuments';

/** What would be written into the file. */
export type Written = Pick<Contents.IModel, 'type' | 'format' | 'content'>;

/** Return what a document holds now. */
export function written(context: Context): Written {
  const { contentsModel, model } = context;
  // A shared document doesn't tell its format.
  const format = contentsModel?.format ?? (contentsModel?.type === 'notebook' ? 'json' : 'text');
  const json = format === 'json';
  return {
    type: contentsModel?.type ?? 'file',
    format,
    content: json ? model.toJSON() : model.toString()
  };
}

/** Put into a document what it held before; it is unsaved then. */
export function fill(context: Context, { format, content }: Written): void {
  const { model } = context;
  format === 'json' ? model.fromJSON(content) : model.fromString(content);
  model.dirty = true;
}

/** What people read in a document: its text, or the sources of a notebook's cells. */
export function readable({ format, content }: Written): string {
  if (format !== 'json') {
    return String(content);
  }
  const cells: { source?: string | string[] }[] = content?.cells ?? [];
  const sources = cells.map(({ source = '' }) => (Array.isArray(source) ? source.join('') : source));
  return cells.length > 0 ? sources.join('\n\n') : JSON.stringify(content, undefined, 1);
}

/** The name of a copy: "report (unsaved, 2026-11-22 10.31).ipynb"; later ones get a number. */
export function copyName(path: string, now: Date, number: number): string {
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  const dot = name.lastIndexOf('.');
  const [stem, suffix] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}.${two(now.getMinutes())}`;
  const more = number > 1 ? `, ${number}` : '';
  return `${path.slice(0, slash)}${stem} (unsaved, ${day} ${time}${more})${suffix}`;
}

/** Write a copy next to a file under a name that isn't taken, and return its path. */
export async function writeCopy(
  manager: IDocumentManager,
  path: string,
  content: Written,
  now: Date
): Promise<string> {
  const { contents } = manager.services;
  for (let number = 1; ; number += 1) {
    const copy = copyName(path, now, number);
    if (!(await exists(contents, copy))) {
      await contents.save(copy, content);
      return copy;
    }
  }
}

async function exists(contents: Contents.IManager, path: string): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return true;
  } catch (error) {
    if ((error as { response?: Response }).response?.status === 404) {
      return false;
    }
    throw error;
  }
}
