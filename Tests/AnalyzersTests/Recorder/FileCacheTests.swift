import Foundation
import Testing

@testable import Analyzers

@Suite("Open files")
struct FileCacheTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test("Many streams share few descriptors and lose nothing", arguments: [1, 2, 3, 100])
  func interleaved(limit: Int) throws {
    var random = SplitMix(seed: 77)
    let cache = FileCache(folder: folder.path, limit: limit)
    var files = Array(repeating: FileCache.File(), count: 10)
    var expected = Array(repeating: "", count: 10)
    for round in 0..<500 {
      let index = Int.random(in: files.indices, using: &random)
      if round % 17 == 0 { cache.close(&files[index]) }
      let text = "\(round) "
      try cache.append(Array(text.utf8).span, to: &files[index]) { "deep/\(index)" }
      expected[index] += text
      #expect(cache.openCount <= limit)
    }
    let written = try folder.files()
    #expect(expected.indices.map { written["deep/\($0)"] } == expected, "seed 77")
    for index in files.indices { cache.close(&files[index]) }
    #expect(cache.openCount == 0)
  }

  @Test("Workers that write at once do not get in each other's files")
  func concurrent() async throws {
    let cache = FileCache(folder: folder.path, limit: 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<6 {
        group.addTask {
          var file = FileCache.File()
          for _ in 0..<200 {
            try cache.append([UInt8(ascii: "0") + UInt8(worker)].span, to: &file) { "\(worker)" }
          }
          cache.close(&file)
        }
      }
      try await group.waitForAll()
    }
    let written = try folder.files()
    for worker in 0..<6 {
      #expect(written["\(worker)"] == String(repeating: "\(worker)", count: 200))
    }
    #expect(cache.openCount == 0)
  }

  @Test("The file that was not used for longest gives way")
  func oldest() throws {
    let cache = FileCache(folder: folder.path, limit: 2)
    var files = Array(repeating: FileCache.File(), count: 3)
    var opened: [Int] = []
    for index in [0, 1, 0, 2, 0, 1] {
      try cache.append([0x2E].span, to: &files[index]) {
        opened.append(index)
        return "\(index)"
      }
    }
    // 2 takes the place of 1, and 1 the place of 2: 0 was used in between.
    #expect(opened == [0, 1, 2, 1])
  }

  @Test("Closing a file whose descriptor another one has taken over leaves that one open")
  func closeLate() throws {
    let cache = FileCache(folder: folder.path, limit: 1)
    var first = FileCache.File()
    var second = FileCache.File()
    try cache.append([0x61].span, to: &first) { "first" }
    try cache.append([0x62].span, to: &second) { "second" }
    cache.close(&first)
    #expect(cache.openCount == 1)
    try cache.append([0x63].span, to: &second) { "never asked" }
    #expect(try folder.files() == ["first": "a", "second": "bc"])
  }

  @Test("A full device is an error that says so")
  func full() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let error = #expect(throws: FileError.self) {
      try Descriptor.write([1].span, to: descriptor) { "record/x.out" }
    }
    #expect(error?.description == "record/x.out: No space left on device")
  }

  @Test("Descriptors that run out are taken from the oldest files")
  func noDescriptors() throws {
    var room = 2
    var asked = 0
    let error = #expect(throws: FileError.self) {
      _ = try Descriptor.retrying("x") {
        errno = EMFILE
        return -1
      } makingRoom: {
        asked += 1
        room -= 1
        return room >= 0
      }
    }
    #expect(asked == 3)
    #expect(error?.code == EMFILE)
  }
}
