import Testing

@testable import Reassembly

@Suite("Layout")
struct LayoutTests {
  @Test("A socket is five cache lines, a dissection two")
  func sizes() {
    #expect(MemoryLayout<SocketObject>.stride == 5 * 64)
    #expect(MemoryLayout<Dissection>.stride == 2 * 64)
  }
}
