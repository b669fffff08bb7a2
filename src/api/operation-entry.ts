import type { ZodType } from 'zod';
import type { ByteOperation, DocumentOperation, ItemOperation, Route } from './operation.js';
import type { Instead } from './without-target.js';

export interface Entry<Kind extends string, Run, Contract> extends Route {
  readonly answer: Kind;
  load(): Promise<Run>;
  /** Loaded by the server only: the command line checks its own flags, and starts sooner without. */
  contract(): Promise<Contract>;
}
type Given<E> = Omit<E, 'answer'>;

type DocumentEntry<Input, Answer> = Entry<
  'document',
  DocumentOperation<Input, Answer>,
  { readonly input: ZodType<Input>; readonly answer: ZodType<Answer> }
> & {
  /** The HTTP status of an answer; 200 where there is none. */
  status?(answer: Answer): number;
  /** The operation that answers an input in this one's place, where that has no document for an answer. */
  instead?(input: Input): Instead | undefined;
};
type ItemEntry<Input, Head, Item> = Entry<
  'items',
  ItemOperation<Input, Head, Item>,
  {
    readonly input: ZodType<Input>;
    readonly head: ZodType<Head>;
    readonly item: ZodType<Item>;
    readonly tail?: ZodType<object>;
    /** `ItemStream.member`. */
    readonly member: string;
  }
>;
type ByteEntry<Input> = Entry<
  'bytes',
  ByteOperation<Input>,
  { readonly input: ZodType<Input>; readonly mediaTypes: readonly string[] }
> & {
  /** Which of its contract's types the bytes of an answer are; the first unless told. */
  mediaType?(input: Input): string;
};

/** Answers one document. */
export function document<Input, Answer>(entry: Given<DocumentEntry<Input, Answer>>): DocumentEntry<Input, Answer> {
  return { ...entry, answer: 'document' };
}

/** Answers many items, one by one. */
export function items<Input, Head, Item>(entry: Given<ItemEntry<Input, Head, Item>>): ItemEntry<Input, Head, Item> {
  return { ...entry, answer: 'items' };
}

/** Answers bytes, one by one. */
export function bytes<Input>(entry: Given<ByteEntry<Input>>): ByteEntry<Input> {
  return { ...entry, answer: 'bytes' };
}
