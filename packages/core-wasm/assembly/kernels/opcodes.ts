// Operation codes of a program record. The build copies this file to src/generated/, so that the writer (TypeScript)
// and the interpreter (AssemblyScript) cannot disagree.
export const OP_MATMUL = 1;
export const OP_COMBINE = 2;
export const OP_FILL = 3;
export const OP_ADD = 4;
export const OP_MAP = 5;
export const OP_DROPOUT = 6;
export const OP_BIT_EMBED = 7;
export const OP_BIT_EMBED_BACKWARD = 8;
export const OP_UNPACK_BITS = 9;
export const OP_ADD_POSITIONS = 10;
export const OP_ADD_POSITIONS_BACKWARD = 11;
export const OP_ROTARY = 12;
export const OP_LAYER_NORM = 13;
export const OP_LAYER_NORM_BACKWARD = 14;
export const OP_COLUMN_SUM = 15;
export const OP_ACTIVATION_BACKWARD = 16;
export const OP_ATTENTION = 17;
export const OP_ATTENTION_BACKWARD = 18;
export const OP_ATTENTION_MERGE = 19;
export const OP_OWN_HISTORY = 20;
export const OP_OWN_HISTORY_BACKWARD = 21;
export const OP_LOSS_SUMS = 22;
export const OP_LOSS_TOTALS = 23;
export const OP_LOSS_GRADIENT = 24;
export const OP_SQUARE_SUM = 25;
export const OP_SQUARE_TOTAL = 26;
export const OP_ADAMW = 27;
export const OP_PHILOX = 28;
export const OP_LOGISTIC_ROWS = 29;
export const OP_LOGISTIC_GRID = 30;
export const OP_TRACE_ROWS = 31;
export const OP_ROW_LINEAR = 32;
export const OP_ROW_ATTENTION = 33;
export const OP_LSTM = 34;
export const OP_LSTM_BACKWARD = 35;
export const OP_ATTENTION_POOL = 36;
export const OP_ATTENTION_POOL_BACKWARD = 37;
export const OP_UNIT_ROWS = 38;
export const OP_UNIT_ROWS_BACKWARD = 39;
export const OP_COPY_ROWS = 40;
export const OP_CLASS_LOSS = 41;
export const OP_TRAIN_ROWS = 42;
export const OP_COLUMN_MOMENTS = 43;
export const OP_STANDARDISE = 44;

/** What OP_MAP computes on each element. */
export const MAP_EXP = 0;
export const MAP_LOG1P = 1;
export const MAP_SIGMOID = 2;
export const MAP_DOUBLE_SIGMOID = 3;
export const MAP_TANH = 4;
export const MAP_LOG = 5;

/** A record is 32 words: opcode, integers from word 1, floats from word 21. */
export const RECORD_WORDS = 32;
export const RECORD_FLOATS = 21;

/** Byte offsets of the control block at the bottom of the memory; the first 4 KiB are never allocated. */
export const CONTROL_EPOCH = 1024;
export const CONTROL_ARRIVED = 1088;
export const CONTROL_GENERATION = 1152;
export const CONTROL_TASK = 1216;
export const CONTROL_PROGRAM = 1280;
export const CONTROL_COUNT = 1284;
export const CONTROL_THREADS = 1288;
export const CONTROL_STOP = 1292;
/** Uniforms: values that change from step to step while the program stays the same. */
export const UNIFORM_SEED = 1344;
export const UNIFORM_STEP = 1348;
export const UNIFORM_LEARNING_RATE = 1352;
export const UNIFORM_CLIP = 1356;
export const UNIFORM_BETA1 = 1360;
export const UNIFORM_BETA2 = 1364;
export const UNIFORM_EPSILON = 1368;
export const UNIFORM_WEIGHT_DECAY = 1372;
/** 1 - beta, rounded once: the difference of two rounded numbers would lose five digits of 1 - 0.999. */
export const UNIFORM_REST1 = 1384;
export const UNIFORM_REST2 = 1388;
export const UNIFORM_CORRECTION1 = 1376;
export const UNIFORM_CORRECTION2 = 1380;
/** Results of OP_SQUARE_TOTAL: the gradient norm (f32) and the factor that clipping applies. */
export const RESULT_NORM = 1408;
export const RESULT_CLIP_SCALE = 1412;
/** Pointer to each thread's scratch, one word a thread, 64 at most. */
export const CONTROL_SCRATCH = 1536;
export const MEMORY_START = 4096;
