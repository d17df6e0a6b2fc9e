import Testing

@testable import Reassembly

@Suite("Layout")
struct LayoutTests {
  @Test("A socket is five cache lines, a dissection two")
  func sizes() {
    #expect(MemoryLayout<SocketObject>.stride == 5 * 64)
    #expect(MemoryLayout<Dissection>.stride == 2 * 64)
  }

  @Test("What an in-order segment touches lies in the first two lines")
  func hotFields() throws {
    #expect(try #require(MemoryLayout<SocketObject>.offset(of: \.histories)) == 128)
  }
}
