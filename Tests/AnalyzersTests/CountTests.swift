import Analysis
import Testing

@testable import Analyzers

@Suite("count")
struct CountTests {
  @Test("Sockets, events and bytes of all shards are added up")
  func sums() throws {
    let analyzer = try CountAnalyzer(Options())
    for shard in [0, 5, 5, 63] {
      var socket = SocketInfo.sample()
      socket.shard = shard
      try RecordingEngine(socket).play(
        [.out([1, 2, 3], at: 0), .in([4], at: 0), .event(.gap(.in, offset: 1, length: 99))],
        to: analyzer)
    }
    let engine = RecordingEngine()
    var context = FinishContext(engine: engine)
    analyzer.finish(&context)
    // Of each socket: attached, two chunks, a gap, detached.
    #expect(engine.records.map(json) == [#"{"count":{"sockets":4,"events":20,"bytes":16}}"#])
    #expect(engine.records[0].eventType == "count")
    #expect(context.summaries == ["4 sockets, 20 events, 16 stream bytes"])
  }
}
