import Analysis
import Analyzers
import Support
import Testing

@testable import Pipeline

/// What a summary counts of edits is what was done.
@Suite("Counts of edits")
struct SummaryCountsTests {
  private func chain<Chosen: Analyzer>(
    _ type: Chosen.Type, _ settings: [String: String]
  ) throws -> [ChainLink] {
    let options = try Options(
      settings.mapValues { Array($0.utf8) }, settings: Chosen.settings)
    return [ChainLink(name: Chosen.name, analyzer: try Chosen(options))]
  }

  /// An exchange of HTTP, cut into segments of some bytes.
  private func exchange(pieces: Int = 1000, signed: Bool = false) -> [CapturedFrame] {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("GET /foo HTTP/1.1\r\nHost: x\r\n\r\n")
    talk.responder.acknowledges()
    let response = Array("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfoo bar foo".utf8)
    for start in stride(from: 0, to: response.count, by: pieces) {
      talk.responder.sends(Array(response[start..<min(start + pieces, response.count)]))
      talk.originator.acknowledges()
    }
    talk.closes()
    return talk.frames
  }

  @Test("Edits of any analyzer in a body that announces its length count", arguments: [1, 7, 1000])
  func anyAnalyzer(pieces: Int) throws {
    let frames = exchange(pieces: pieces)
    for (chain, expected) in [
      (try chain(ReplaceAnalyzer.self, ["find": "foo", "with": "food"]), 2),
      (try chain(ReplaceAnalyzer.self, ["find": "foo", "with": "bar"]), 0),
      (try chain(ReplaceAnalyzer.self, ["find": "Host", "with": "Hosts"]), 0),
      (try chain(ReplaceAnalyzer.self, ["regex": "(?<=foo) bar", "with": ""]), 1),
      (try chain(DenyMatchAnalyzer.self, ["find": "bar"]), 1),
      (try chain(InsertAnalyzer.self, ["text": "220 hello\r\n"]), 0),
    ] {
      let outcome = try run(frames, chain)
      #expect(outcome.summary.deferral.lengthChanges == UInt64(expected))
    }
    var own = ScriptedAnalyzer("a", Diary(), interest: .data)
    own.answer = { chunk in
      let place = chunk.bytes.firstIndex(of: UInt8(ascii: "b"))
      return place.map { .edit([Edit($0..<$0, with: [33])]) } ?? .allow
    }
    #expect(try run(frames, [link(own)]).summary.deferral.lengthChanges == 1)
  }

  @Test("What would be edited, or was not possible to edit, changes no length")
  func refused() throws {
    let chain = try chain(ReplaceAnalyzer.self, ["find": "foo", "with": "food"])
    let dry = try run(exchange(), chain) { $0.deferral.isDryRun = true }.summary
    #expect(dry.deferral.lengthChanges == 0 && dry.deferral.edits == 0)
    #expect(dry.deferral.wouldEdits == 3 && dry.analyzers[0].edits == 3)

    // Each edit is in front of the one before it.
    var own = ScriptedAnalyzer("a", Diary(), interest: .data)
    own.answer = { chunk in
      let edit = Edit(40..<41, with: [])
      return chunk.bytes.count > 40 ? .edit([edit, edit]) : .allow
    }
    let refused = try run(exchange(), [link(own)]).summary
    #expect(refused.deferral.lengthChanges == 0 && refused.deferral.edits == 0)
    #expect(refused.analyzers[0].edits == 0 && refused.analyzers[0].refusedEdits == 2)
    #expect(refused.analyzers[0].obstacles == ["bad_range": 1])
  }

  @Test("A match may be larger than a buffer", arguments: [false, true])
  func largeMatch(throughPool: Bool) throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("x <")
    for _ in 0..<5 { talk.originator.sends(String(repeating: "y", count: 900)) }
    talk.originator.sends("> z")
    talk.closes()
    for settings in [["regex": "<y*>", "window": "8K"], ["regex": "<y*>", "window": "4K"]] {
      let plain = try run(talk.frames, try chain(DenyMatchAnalyzer.self, settings))
      let other = try run(talk.frames, try chain(DenyMatchAnalyzer.self, settings)) {
        $0.deferral.isThroughPool = throughPool
        $0.deferral.bufferSize = 1024
      }
      #expect(other.sink.frames == plain.sink.frames)
      #expect(plain.summary.deferral.edits == (settings["window"] == "8K" ? 1 : 0))
    }
  }

  @Test("The limit of a peek cuts possible matches off, which is said")
  func peekLimit() throws {
    let talk = Conversation()
    talk.opens()
    for text in ["x <", "yyyy", "yyyy", "> z"] { talk.originator.sends(text) }
    talk.closes()
    let chain = try chain(DenyMatchAnalyzer.self, ["regex": "<y*>", "on-early-end": "cut"])
    let outcome = try run(talk.frames, chain) { $0.deferral.peekLimit = 5 }
    #expect(
      outcome.summary.analyzers[0].statements == [
        "0 matches in 1 stream",
        "1 possible match was not seen to its end (peek limit), cut",
      ])
    let diary = Diary()
    _ = try run(outcome.sink.frames, [link(ScriptedAnalyzer("b", diary, interest: .data))])
    #expect(diary.lines.map { $0.dropFirst(6) }.joined() == "x yyyy> z")
  }
}
