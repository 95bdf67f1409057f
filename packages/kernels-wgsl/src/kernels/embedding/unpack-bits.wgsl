// out[n, u] = 1 where unit u fires in bin n, else 0. $COLUMNS threads share a row; a workgroup takes a tile of $TILE rows.
// Traffic: words read once a workgroup, out written once.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
  // workgroups across
  across: u32,
  // the real units of the last word
  tail: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<Value>;
#use group
#use value

const WORDS = $WORDSu;
const TILE = $TILEu;
const COLUMNS = $COLUMNSu;
#use spike-tile

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let first = (group / call.across) * TILE;
  let column = (group % call.across) * COLUMNS + lane % COLUMNS;
  stage_spikes(first, lane);
  workgroupBarrier();
  if (column >= call.count) {
    return;
  }
  let last = min(TILE, max(first, call.rows) - first);
  for (var row = lane / COLUMNS; row < last; row += 256u / COLUMNS) {
#if VECTOR
    let four = spikes[row * WORDS + column / 8u] >> (4u * (column % 8u));
    let bits = (vec4<u32>(four) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u);
#else
    let bits = (spikes[row * WORDS + column / 32u] >> (column % 32u)) & 1u;
#endif
    out[(first + row) * call.count + column] = Value(bits);
  }
}
