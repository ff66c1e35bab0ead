import { expect, it } from 'vitest'
import { HomeError, homeFolder } from '../../../../src/core/places/home.ts'

it.each([
  ['/home/jo', '/home/jo'],
  ['', '/known'],
  ['home/jo', '/known'],
  ['.', '/known'],
  [undefined, '/known'],
])('with HOME=%j the home folder is %s', (HOME, folder) => {
  expect(homeFolder({ HOME }, () => '/known')).toBe(folder)
})

it('says so where there is none', () => {
  const lookUp = () => {
    throw new Error('ENOENT')
  }
  expect(() => homeFolder({}, lookUp)).toThrow(HomeError)
  expect(homeFolder({ HOME: '/home/jo' }, lookUp)).toBe('/home/jo')
})

it('asks the user database of this machine', () => {
  expect(homeFolder({})).toMatch(/^\//)
})
