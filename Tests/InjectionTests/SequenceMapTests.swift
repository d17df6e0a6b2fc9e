import Injection
import Testing

@Suite struct SequenceMapTests {
  /// 10 bytes at 100 replaced by 4, 20 put in at 300, 50 at 500 left out.
  private var map: SequenceMap {
    var map = SequenceMap()
    map.append(at: 100, removing: 10, inserting: Array("repl".utf8))
    map.append(at: 300, removing: 0, inserting: [UInt8](repeating: 0x69, count: 20))
    map.append(at: 500, removing: 50, inserting: [])
    return map
  }

  @Test(arguments: [
    (0, 0), (99, 99), (100, 100), (101, 104), (110, 104), (111, 105), (299, 293), (300, 294),
    (301, 315), (499, 513), (500, 514), (520, 514), (550, 514), (551, 515), (-5, -5),
  ]) func offsetsOfTheSenderAreMapped(offset: Int64, expected: Int64) {
    #expect(map.mapped(offset) == expected)
  }

  @Test(arguments: [
    (0, 0), (99, 99), (100, 100), (103, 100), (104, 110), (293, 299), (294, 300), (313, 300),
    (314, 300), (315, 301), (513, 499), (514, 550), (515, 551),
  ]) func acknowledgementsAreMappedBack(offset: Int64, expected: Int64) {
    #expect(map.acknowledged(offset) == expected)
  }

  @Test func aFINStandsBehindWhatIsPutInAtTheEnd() {
    var map = self.map
    #expect(map.mappedEnd(550) == 514)
    map.append(at: 600, removing: 0, inserting: [1, 2, 3])
    #expect(map.mapped(600) == 564)
    #expect(map.mappedEnd(600) == 567)
    #expect(map.runs(of: 590..<600) == [.original(590..<600)])
    #expect(
      map.runs(of: 590..<600, includesEnd: true) == [.original(590..<600), .replaced([1, 2, 3])])
  }

  @Test func segmentsAreBuiltAnewHoweverTheyAreCut() {
    #expect(map.runs(of: 90..<105) == [.original(90..<100), .replaced(Array("repl".utf8))])
    #expect(map.runs(of: 105..<120) == [.original(110..<120)])
    #expect(map.runs(of: 280..<300) == [.original(280..<300)])
    #expect(map.runs(of: 500..<550) == [])
    #expect(map.touches(90..<105) && map.touches(105..<120) && map.touches(300..<301))
    #expect(!map.touches(0..<100) && !map.touches(110..<300) && !map.touches(550..<600))
  }

  @Test func whatIsForgottenIsOneAddition() {
    var map = self.map
    map.forget(before: 400)
    #expect(map.count == 1 && map.floor == 300)
    #expect(map.mapped(400) == 414 && map.mapped(550) == 514 && map.acknowledged(414) == 400)
  }

  @Test func whatIsStillToComeIsNotForgotten() {
    var map = self.map
    // The receiver has all before 300, and not what is put in there.
    map.forget(before: 300)
    #expect(map.count == 2 && map.floor == 110)
    #expect(map.mapped(300) == 294 && map.mapped(301) == 315)
    map.forget(before: 301)
    #expect(map.count == 1 && map.mapped(301) == 315)
  }

  @Test func whatIsForgottenKeepsItsPlace() {
    let whole = self.map
    var map = self.map
    map.forget(before: 400)
    #expect(map.placeCount == 2)
    for offset in Int64(-50)...600 { #expect(map.mapped(offset) == whole.mapped(offset)) }
  }

  /// Old acknowledgements of what even the places are gone of are never before the start, and never in
  /// another order.
  @Test(arguments: [(1, 0), (3, 1), (0, 2), (2, 2)])
  func veryManyPlaces(removed: Int, added: Int) {
    var map = SequenceMap()
    var whole = SequenceMap()
    let count = Int64(3 * SequenceMap.placeLimit)
    for index in 0..<count {
      let content = [UInt8](repeating: 1, count: added)
      map.append(at: 5 * index, removing: Int64(removed), inserting: content)
      whole.append(at: 5 * index, removing: Int64(removed), inserting: content)
      map.forget(before: 5 * index + 4)
    }
    #expect(map.placeCount <= SequenceMap.placeLimit * 5 / 4 && map.count == 0)
    var last = Int64.min
    for offset in Int64(-10)...5 * count + 10 {
      let mapped = map.mapped(offset)
      #expect(mapped >= last && mapped >= min(offset, 0))
      if offset > 5 * (count - Int64(SequenceMap.placeLimit)) {
        #expect(mapped == whole.mapped(offset))
      }
      last = mapped
    }
  }
}
