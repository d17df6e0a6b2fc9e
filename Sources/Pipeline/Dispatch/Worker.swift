import Analysis
import Buffers
import Reassembly
import Synchronization

/// Owns some of the 64 shards and takes their packets through the chain of analyzers, from end to end
/// on one thread at a time.
final class Worker: @unchecked Sendable {
  // Unchecked: it is at work on one thread at a time; who hands it on waits for it first.
  let number: Int
  let reassembler: Reassembler
  let runner: ChainRunner
  /// Whether it may be at work on another thread, so that it has to be asked for its counts.
  var hasThread = false
  private let isAsked = Atomic<Bool>(false)
  private let answer = Mutex<Counts?>(nil)

  /// What it has seen: of all sockets, and of the selected ones.
  struct Counts {
    var all: ReassemblyCounts
    var selected: ReassemblyCounts
  }

  init(
    _ configuration: RunConfiguration, number: Int, of division: ShardDivision,
    formatter: any RecordFormatter, absence: ClientAbsence
  ) throws {
    self.number = number
    let reassembly = configuration.reassembly
    runner = ChainRunner(
      configuration, socketsPerShard: reassembly.socketsPerShard,
      filters: try LinkFilters(configuration.chain),
      emitter: RecordEmitter(formatter: formatter), absence: absence)
    reassembler = Reassembler(reassembly, worker: number, of: division, to: runner)
  }

  /// Takes those packets of a batch that are this worker's, and leaves in it what is to be written.
  func process(_ batch: ElementReference<Batch>) {
    runner.begin(batch)
    reassembler.process(batch.element.packets)
    if batch.element.endsStretch { runner.settle(at: batch, reassembler) }
    batch.element.waits[number] = runner.isWaiting
    batch.element.laterFates[number] = runner.takeLaterFates()
    batch.element.strays[number] = runner.takeStrays()
    runner.end()
    let lane = batch.element.lanes.reference(to: number)
    swap(&runner.emitter.lane, &lane.element)
    if isAsked.load(ordering: .relaxed) {
      isAsked.store(false, ordering: .relaxed)
      answer.withLock { $0 = counts }
    }
  }

  private var counts: Counts {
    Counts(all: reassembler.counts, selected: runner.selectedCounts)
  }

  /// What it has seen, if that is known; otherwise the next batch makes it known.
  func askForCounts() -> Counts? {
    guard hasThread else { return counts }
    if let answer = answer.withLock({ $0 }) { return answer }
    isAsked.store(true, ordering: .relaxed)
    return nil
  }

  /// The next one who asks wants new ones.
  func forgetCounts() { answer.withLock { $0 = nil } }
}
