import Analysis
import Testing

@testable import Analyzers

@Suite("insert")
struct InsertTests {
  private func analyzer(_ text: String = "hi ") throws -> InsertAnalyzer {
    try InsertAnalyzer(Options(["text": Array(text.utf8)], settings: InsertAnalyzer.settings))
  }

  @Test("Each direction gets the text once, before its first byte")
  func start() throws {
    let looker = try #require(try analyzer().attach(to: .sample()))
    for direction in Direction.allCases {
      var player = StreamPlayer(looker, direction)
      for piece in ["ab", "cd"] { try player.send(Array(piece.utf8)) }
      #expect(String(decoding: player.output, as: UTF8.self) == "hi abcd")
    }
  }

  @Test("A stream whose first byte was not seen is left alone, and counted")
  func unseen() throws {
    let analyzer = try analyzer()
    var socket = SocketInfo.sample()
    var player = StreamPlayer(try #require(analyzer.attach(to: socket)))
    try player.gap(1)
    try player.send([97])
    #expect(player.output == [97])
    socket.isMidstream = true
    player = StreamPlayer(try #require(analyzer.attach(to: socket)))
    try player.send([97])
    #expect(player.output == [97])
    player = StreamPlayer(try #require(analyzer.attach(to: .sample())))
    try player.send([97])
    var context = FinishContext(engine: RecordingEngine())
    analyzer.finish(&context)
    #expect(
      context.summaries == ["inserted in 1 stream", "not in 2 streams without a first byte"])
  }

  @Test("It needs a text")
  func settings() {
    #expect(throws: OptionError.self) { try analyzer("") }
  }
}
