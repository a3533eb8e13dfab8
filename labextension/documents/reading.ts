/**
 * Reading an open document's file anew, without losing a keystroke.
 *
 * `context.revert()` asks the server and then replaces the document by what it got, whatever was typed meanwhile. This owns the moment
 * between: the content goes in only if the caller says so then, and what was there is handed out otherwise.
 */
import type { Context } from './openDocuments';

/** The methods by which a context puts a file's content into its model. */
type Loads = Partial<Pick<Context['model'], 'fromJSON' | 'fromString'>>;

/**
 * Read a document's file anew, and know its version from then on.
 *
 * `take` is asked at the moment when the content has come: true replaces the document by it, false leaves the document as it
 * is. Returns what `take` said. No key can be pressed between its answer and the replacing.
 */
export async function readAnew(context: Context, take: () => boolean): Promise<boolean> {
  const { model } = context;
  let taken: boolean | undefined;
  const decided = (): boolean => (taken ??= take());
  const own = model as Loads;
  own.fromJSON = value => {
    if (decided()) {
      delete own.fromJSON;
      model.fromJSON(value);
    }
  };
  own.fromString = text => {
    if (decided()) {
      delete own.fromString;
      model.fromString(text);
    }
  };
  try {
    await context.revert();
  } finally {
    delete own.fromJSON;
    delete own.fromString;
  }
  if (taken === undefined && decided() && context.contentsModel?.format === 'text') {
    // A context leaves the document as it is where the file is empty.
    model.fromString('');
  }
  if (taken) {
    model.dirty = false;
  }
  return taken === true;
}
