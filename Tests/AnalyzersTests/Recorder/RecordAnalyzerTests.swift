import Analysis
import Foundation
import Testing

@testable import Analyzers

@Suite("record")
struct RecordAnalyzerTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func analyzer(_ values: [String: String] = [:], in path: String? = nil) throws
    -> RecordAnalyzer
  {
    var options = try Options(
      values.mapValues { Array($0.utf8) }, settings: RecordAnalyzer.settings)
    options.logFolder = path ?? folder.path
    return try RecordAnalyzer(options)
  }

  @Test("Each direction is a file, without its gaps, and the record names them")
  func files() throws {
    let engine = RecordingEngine()
    try engine.play(
      [
        .out(Array("GET ".utf8), at: 0), .in(Array("200".utf8), at: 0),
        .event(.gap(.out, offset: 4, length: 100)), .out(Array("/".utf8), at: 104),
      ], to: analyzer())
    let name = "record/192.0.2.1.1234-198.51.100.2.80-42"
    #expect(try folder.files() == ["\(name).out": "GET /", "\(name).in": "200"])
    #expect(
      engine.records.map(json) == [
        """
        {"record":{"originator":{"file":"\(name).out","bytes":5,"gaps":[[4,100]]},\
        "responder":{"file":"\(name).in","bytes":3,"gaps":[]}}}
        """
      ])
  }

  @Test("A direction without data has no file, and a socket without any no record")
  func nothing() throws {
    let engine = RecordingEngine(.sample(.init("2001:db8::1", 1), .init("::1", 2)))
    let analyzer = try analyzer()
    try engine.play([.event(.connecting), .out([], at: 0)], to: analyzer)
    #expect(engine.records.isEmpty)
    try engine.play([.in([0x78], at: 0)], to: analyzer)
    #expect(try folder.files() == ["record/2001_db8__1.1-__1.2-42.in": "x"])
    #expect(json(engine.records[0]).contains(#""originator":{"bytes":0,"gaps":[]}"#))
  }

  @Test("What an earlier run left is overwritten")
  func earlierRun() throws {
    for text in ["a long text of the first run", "short"] {
      try RecordingEngine().play([.out(Array(text.utf8), at: 0)], to: analyzer())
    }
    #expect(try folder.files().values.sorted() == ["short"])
  }

  @Test(
    "A limit cuts each direction, and the record says so",
    arguments: [
      ("0", "", true), ("3", "abc", true), ("6", "abcdef", false), ("1K", "abcdef", false),
    ])
  func limit(max: String, expected: String, isCut: Bool) throws {
    let engine = RecordingEngine()
    try engine.play(
      [.out(Array("ab".utf8), at: 0), .out(Array("cdef".utf8), at: 2)], to: analyzer(["max": max]))
    #expect(try folder.files().values.joined() == expected)
    let text = json(try #require(engine.records.first))
    #expect(text.contains(#""bytes":\#(expected.utf8.count),"gaps":[]"#))
    #expect(text.contains(#""truncated":true"#) == isCut)
  }

  @Test("A folder that cannot be made is an error once, with a clear text")
  func failure() throws {
    let file = folder.path + "/file"
    try Data().write(to: URL(fileURLWithPath: file))
    let engine = RecordingEngine()
    let recorder = try #require(analyzer(in: file).attach(to: .sample()))
    let error = #expect(throws: FileError.self) {
      try engine.play([.out([1], at: 0)], to: recorder)
    }
    let path = "\(file)/record/192.0.2.1.1234-198.51.100.2.80-42.out"
    #expect(error?.description == "\(path): Not a directory")
    try engine.play([.out([2], at: 1), .event(.detached)], to: recorder)
    #expect(json(engine.records[0]).contains(#""bytes":0,"gaps":[],"error":""#))
  }

  @Test("A link that waits in place of a file is not followed")
  func link() throws {
    let target = folder.path + "/target"
    let files = FileManager.default
    try Data("kept".utf8).write(to: URL(fileURLWithPath: target))
    try files.createDirectory(atPath: folder.path + "/record", withIntermediateDirectories: true)
    try files.createSymbolicLink(
      atPath: folder.path + "/record/192.0.2.1.1234-198.51.100.2.80-42.out",
      withDestinationPath: target)
    #expect(throws: FileError.self) {
      try RecordingEngine().play([.out([1], at: 0)], to: analyzer())
    }
    #expect(try folder.files()["target"] == "kept")
  }
}
