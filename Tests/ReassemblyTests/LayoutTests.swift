import Testing

@testable import Reassembly

@Suite("Layout")
struct LayoutTests {
  @Test("A socket is five cache lines, a dissection two")
  func sizes() {
    #expect(MemoryLayout<SocketObject>.stride == 5 * 64)
    #expect(MemoryLayout<Dissection>.stride == 2 * 64)
  }

  @Test("However much is missing of a packet, that something is missing stays known")
  func missing() {
    var dissection = Dissection()
    for missing in [1, 1 << 20, 1 << 26, 1 << 27, 1 << 32] {
      dissection.missing = missing
      #expect(dissection.missing == min(missing, 1 << 26 - 1))
      #expect(!dissection.isOrdinaryOrSelective)
    }
  }
}
