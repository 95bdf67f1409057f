// A graph of ONNX nodes that is built by calling operators, and the bytes of a model file around it. It knows ONNX and nothing
// of nets. Format: https://onnx.ai/onnx/intro/concepts.html; operators: https://onnx.ai/onnx/operators/.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** The operators are those of opset 17, which onnxruntime reads since 1.12; files of version 8 carry it. */
const OPSET = 17;
const IR_VERSION = 8;

/** Numbers of TensorProto.DataType. */
export const ELEMENT = { float: 1, int64: 7, bool: 9, double: 11 } as const;

/** Name of a value: what operators take and give. */
export type Value = string;
/** An extent that is known, or the name of one that a caller chooses. */
export type Extent = number | string;
/** Whole numbers are INT or INTS; an ONNX FLOAT is marked. */
export type Attribute =
  number | readonly number[] | { readonly float: number } | { readonly graph: OnnxGraph };

type Attributes = Readonly<Record<string, Attribute>>;
/** The format's own numbers for kinds of attributes: they come with its tables, when a file is written. */
type Kinds = typeof AttributeProto_AttributeType;

interface Node {
  readonly op: string;
  readonly outs: readonly Value[];
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

export class OnnxGraph {
  readonly name: string;
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, MessageInitShape<typeof TensorProtoSchema>>();
  readonly #inputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  readonly #outputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Declares an input of floats. */
  input(name: string, shape: readonly Extent[]): Value {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  /** Declares a value as an output of floats, under its own name. */
  output(name: Value, shape: readonly Extent[]): void {
    this.#outputs.push(valueInfo(name, shape));
  }

  /** A table of float32, stored once under its name. */
  floats(name: string, shape: readonly number[], values: ArrayLike<number>): Value {
    return this.#initializer(name, shape, ELEMENT.float, bytesOf(Float32Array.from(values)));
  }

  doubles(name: string, shape: readonly number[], values: ArrayLike<number>): Value {
    return this.#initializer(name, shape, ELEMENT.double, bytesOf(Float64Array.from(values)));
  }

  /** Whole numbers, named after themselves unless told: shapes, axes and bounds that many nodes share. */
  ints(values: readonly number[], name = `ints ${values.join(' ')}`): Value {
    const bytes = bytesOf(BigInt64Array.from(values, BigInt));
    return this.#initializer(name, [values.length], ELEMENT.int64, bytes);
  }

  int(value: number): Value {
    return this.#initializer(`int ${value}`, [], ELEMENT.int64, bytesOf(BigInt64Array.of(BigInt(value))));
  }

  float(value: number): Value {
    return this.#initializer(`float ${value}`, [], ELEMENT.float, bytesOf(Float32Array.of(value)));
  }

  /** Appends a node of one output, which is called `out`. */
  node(op: string, out: Value, inputs: readonly Value[], attributes: Attributes = {}): Value {
    this.nodeOf(op, [out], inputs, attributes);
    return out;
  }

  /** Appends a node of several outputs. */
  nodeOf(op: string, outs: readonly Value[], inputs: readonly Value[], attributes: Attributes = {}): void {
    this.#nodes.push({ op, outs, inputs, attributes });
  }

  /** As the message of the format. */
  message(kinds: Kinds): MessageInitShape<typeof GraphProtoSchema> {
    return {
      name: this.name,
      node: this.#nodes.map((node) => nodeMessage(node, kinds)),
      initializer: [...this.#initializers.values()],
      input: this.#inputs,
      output: this.#outputs,
    };
  }

  #initializer(
    name: string,
    shape: readonly number[],
    dataType: number,
    rawData: Uint8Array<ArrayBuffer>,
  ): Value {
    if (!this.#initializers.has(name))
      this.#initializers.set(name, { name, dims: shape.map(BigInt), dataType, rawData });
    return name;
  }
}

function bytesOf(values: Float32Array | Float64Array | BigInt64Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = values;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function valueInfo(name: string, shape: readonly Extent[]): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((extent) =>
    typeof extent === 'number'
      ? { value: { case: 'dimValue', value: BigInt(extent) } as const }
      : { value: { case: 'dimParam', value: extent } as const },
  );
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: ELEMENT.float, shape: { dim } } } },
  };
}

function nodeMessage(
  { op, outs, inputs, attributes }: Node,
  kinds: Kinds,
): MessageInitShape<typeof NodeProtoSchema> {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value, kinds));
  return { opType: op, name: outs[0], input: [...inputs], output: [...outs], attribute };
}

function attributeOf(
  name: string,
  value: Attribute,
  kinds: Kinds,
): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: kinds.INT, i: BigInt(value) };
  if ('float' in value) return { name, type: kinds.FLOAT, f: value.float };
  if ('graph' in value) return { name, type: kinds.GRAPH, g: value.graph.message(kinds) };
  return { name, type: kinds.INTS, ints: value.map(BigInt) };
}

export interface OnnxModelInfo {
  /** Version of the program that writes the file. */
  readonly producerVersion: string;
  /** What the inputs and outputs mean, for a person who opens the file. */
  readonly description: string;
  /** Text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a model file. Equal graphs give equal bytes. */
export async function encodeOnnx(graph: OnnxGraph, info: OnnxModelInfo): Promise<Uint8Array> {
  // Loaded when something is exported: no other command should wait for the format's tables.
  const [{ create, toBinary }, { AttributeProto_AttributeType, ModelProtoSchema }] = await Promise.all([
    import('@bufbuild/protobuf'),
    import('onnx-buf'),
  ]);
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    producerName: 'spikebridge',
    producerVersion: info.producerVersion,
    docString: info.description,
    metadataProps: Object.entries(info.metadata).map(([key, value]) => ({ key, value })),
    graph: graph.message(AttributeProto_AttributeType),
  });
  return toBinary(ModelProtoSchema, model);
}
