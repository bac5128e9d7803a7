import { badWeights } from './fault.ts';
import { PickleCursor } from './pickle-cursor.ts';
import { shown } from './text.ts';

/** A Python name that a pickle refers to, as text: `collections.OrderedDict`. Nothing is imported. */
export class PickleName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Python's values: lists, tuples and sets are arrays, dictionaries are Maps, None is null, long integers are bigint. */
export type PickleValue = unknown;

/** What a pickle may refer to; each throws for what it does not know. */
export interface PickleRules {
  /** What messages call the file. */
  readonly file: string;
  /** Whether a Python name may stand in the pickle. */
  allows(name: string): boolean;
  /** Calls of allowed names. */
  call(name: string, args: readonly PickleValue[]): PickleValue;
  /** Values that stand outside the pickle. */
  persistent(id: PickleValue): PickleValue;
}

/** What a pickle without code is saved by, as the next step in messages. */
const saveHint =
  'Save the tensors alone: torch.save(model.state_dict(), "weights.pth"), or use the safetensors format.';

/** What a pickle may make, remember or copy: real ones do so some ten thousand times, and a byte is enough to ask for it. */
export const mostPickleParts = 2_000_000;

/** The refusal of what asks for more. */
export function tooManyParts(file: string): Error {
  return badWeights(`${file} asks for more than ${mostPickleParts} values: no state dict needs so many.`);
}

const mark = Symbol('mark');

/**
 * Reads one pickle (protocols 0 to 5) as data. It is a machine of its own with a stack and a memo: instructions that
 * make objects or call functions are refused with the name of what they ask for, and no name is ever looked up.
 *
 * @returns the value, and where the pickle ends
 * @throws ReadroomError `badWeights`
 * @throws PickleTooShort when more bytes would be needed
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
): { value: PickleValue; end: number } {
  return new Machine(bytes, start, rules).run();
}

class Machine {
  readonly #in: PickleCursor;
  readonly #rules: PickleRules;
  readonly #stack: unknown[] = [];
  /** Where the marks lie in the stack. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #parts = 0;

  constructor(bytes: Uint8Array, start: number, rules: PickleRules) {
    this.#in = new PickleCursor(rules.file, bytes, start);
    this.#rules = rules;
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const instruction = this.#in.byte();
      if (instruction === 0x2e) return { value: this.#pop(), end: this.#in.at };
      this.#step(instruction);
    }
  }

  #step(instruction: number): void {
    const scalar = this.#in.scalar(instruction);
    const letter = String.fromCharCode(instruction);
    if (scalar instanceof Uint8Array) this.#make(scalar);
    else if (scalar !== undefined) this.#push(scalar);
    else if (instruction >= 0x80) this.#newer(instruction);
    else if (letter in refused) this.#refuse(refused[letter as keyof typeof refused]);
    else if (')]}(lt'.includes(letter)) this.#container(letter);
    else this.#other(letter);
  }

  #container(letter: string): void {
    switch (letter) {
      case '(':
        this.#marks.push(this.#stack.length);
        this.#push(mark);
        break;
      case ')':
      case ']':
        this.#make([]);
        break;
      case '}':
        this.#make(new Map());
        break;
      default:
        this.#make(this.#popToMark());
    }
  }

  #other(letter: string): void {
    switch (letter) {
      case 'd':
        this.#make(this.#fill(new Map(), this.#popToMark()));
        break;
      case '0':
        this.#pop();
        break;
      case '1':
        this.#popToMark();
        break;
      case '2':
        this.#push(this.#top());
        break;
      case 'a':
        this.#append([this.#pop()]);
        break;
      case 'e':
        this.#append(this.#popToMark());
        break;
      case 's': {
        const item = this.#popSome(2);
        this.#fill(this.#top(), item);
        break;
      }
      case 'u': {
        const items = this.#popToMark();
        this.#fill(this.#top(), items);
        break;
      }
      case 'p':
        this.#remember(Number(this.#in.line()));
        break;
      case 'q':
        this.#remember(this.#in.byte());
        break;
      case 'r':
        this.#remember(this.#in.length4());
        break;
      case 'g':
        this.#push(this.#remembered(Number(this.#in.line())));
        break;
      case 'h':
        this.#push(this.#remembered(this.#in.byte()));
        break;
      case 'j':
        this.#push(this.#remembered(this.#in.length4()));
        break;
      case 'c':
        this.#name(this.#in.line(), this.#in.line());
        break;
      case 'R':
        this.#call();
        break;
      case 'b':
        this.#build();
        break;
      case 'Q':
        this.#make(this.#rules.persistent(this.#pop()));
        break;
      default:
        throw this.#in.damaged(`an instruction that no pickle has (${letter.charCodeAt(0)})`);
    }
  }

  /** Instructions of protocols 2, 4 and 5. */
  #newer(instruction: number): void {
    switch (instruction) {
      case 0x80:
        if (this.#in.byte() > 5) throw this.#in.damaged('a newer version of the pickle format');
        break;
      case 0x81:
      case 0x92:
        this.#refuse('makes an object of');
        break;
      case 0x82:
      case 0x83:
      case 0x84:
        throw this.#refusal('an entry of Python’s extension registry');
      case 0x85:
      case 0x86:
      case 0x87:
        this.#make(this.#popSome(instruction - 0x84));
        break;
      case 0x8f:
        this.#make([]);
        break;
      case 0x90:
        this.#append(this.#popToMark());
        break;
      case 0x91:
        this.#make(this.#popToMark());
        break;
      case 0x93: {
        const [module, name] = this.#popSome(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          throw this.#in.damaged('a name that is no text');
        this.#name(module, name);
        break;
      }
      case 0x94:
        this.#remember(this.#memo.size);
        break;
      case 0x95:
        this.#in.length8();
        break;
      default:
        throw this.#in.damaged(`an instruction that weights do not need (${instruction})`);
    }
  }

  #name(module: string, name: string): void {
    const whole = `${module}.${name}`;
    if (!this.#rules.allows(whole)) throw this.#refusal(shown(whole));
    this.#push(new PickleName(whole));
  }

  #call(): void {
    const args = this.#pop();
    const called = this.#pop();
    if (!(called instanceof PickleName) || !Array.isArray(args))
      throw this.#in.damaged('a call of what is no name');
    this.#make(this.#rules.call(called.name, args));
  }

  /** An ordered dictionary's attributes (`_metadata` of a state dict) are left out; nothing else has any. */
  #build(): void {
    const state = this.#pop();
    if (!(this.#top() instanceof Map) || !(state instanceof Map)) this.#refuse('sets the state of');
  }

  #refuse(what: string): never {
    const named = this.#stack.findLast((item) => item instanceof PickleName);
    throw this.#refusal(`an instruction that ${what} ${named ? named.name : 'a class'}`);
  }

  #refusal(what: string): Error {
    return badWeights(
      `${this.#rules.file} asks Python for ${what}, which is code and not weights. Nothing of it was run, and nothing was taken.`,
      saveHint,
    );
  }

  /** Pushes what was made just now. */
  #make(value: unknown): void {
    this.#count();
    this.#push(value);
  }

  #remember(index: number): void {
    this.#count();
    this.#memo.set(index, this.#top());
  }

  #count(): void {
    if (++this.#parts > mostPickleParts) throw tooManyParts(this.#rules.file);
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.#in.damaged('an instruction without a value');
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popSome(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const at = this.#marks.pop();
    if (at === undefined || this.#stack[at] !== mark) throw this.#in.damaged('an end without a beginning');
    return this.#stack.splice(at).slice(1);
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#in.damaged('items of what is no list');
    for (const item of items) list.push(item);
  }

  #fill(target: PickleValue, items: readonly PickleValue[]): PickleValue {
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.#in.damaged('entries of what is no dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    return target;
  }

  #remembered(index: number): unknown {
    if (!this.#memo.has(index)) throw this.#in.damaged(`a reference to a value that it lacks (${index})`);
    return this.#memo.get(index);
  }
}

/** Instructions that only code needs, and what they do. */
const refused = {
  i: 'makes an object of',
  o: 'makes an object of',
  P: 'fetches a value from outside for',
} as const;
